package dropship.scheduler.kubernetes;

/** The container that an app runs in. */
public final class AppContainer {
  /** Metrics, logs and extensions look for it by this name. */
  public static final String NAME = "opi";

  private AppContainer() {}
}
