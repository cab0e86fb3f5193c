package dropship.registry.cli;

/** The server would not do what was asked; the message says what and why. */
public final class ServerRefused extends RuntimeException {
  ServerRefused(String message) {
    super(message);
  }
}
