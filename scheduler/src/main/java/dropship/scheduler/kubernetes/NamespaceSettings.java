package dropship.scheduler.kubernetes;

import dropship.scheduler.peer.Login;
import java.util.Optional;

/**
 * Where LRPs and tasks are.
 *
 * @param name one namespace for all; or, with {@link #SPACE} in it, one for each space of Cloud
 *     Foundry
 * @param system where the scheduler keeps what is its own, and where the pull secret comes from
 * @param pullSecret the name of the secret that kubelets log in to the registry with
 * @param registry what kubelets call the registry, {@code host:port}
 * @param login for the registry, where there is no pull secret to copy
 */
public record NamespaceSettings(
    String name,
    String system,
    String pullSecret,
    String registry,
    Optional<Login> login,
    NetworkSettings network) {
  /** Stands for the guid of a space. */
  public static final String SPACE = "{space}";

  public boolean isOnePerSpace() {
    return name.contains(SPACE);
  }
}
