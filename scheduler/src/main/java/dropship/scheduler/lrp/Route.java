package dropship.scheduler.lrp;

/** A host name, with or without a path, and the port of the app that it leads to. */
public record Route(String hostname, int port) {}
