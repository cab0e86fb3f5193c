package dropship.scheduler.peer;

import java.nio.file.Path;

/**
 * Whom a {@link Peer} takes us for.
 *
 * @param passwordFile holds the password; what is in it may change
 */
public record Login(String user, Path passwordFile) {}
