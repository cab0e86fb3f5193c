package dropship.scheduler.lrp;

/** There is no task of that name. */
public final class TaskUnknown extends RuntimeException {
  public TaskUnknown(String guid) {
    super("the requested resource could not be found: task " + guid);
  }
}
