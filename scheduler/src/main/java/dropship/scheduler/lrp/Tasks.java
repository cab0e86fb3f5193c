package dropship.scheduler.lrp;

import java.io.IOException;
import java.util.Collection;

/** All tasks whose result has not been reported yet. Methods block, as those of {@link Lrps}. */
public interface Tasks {
  /**
   * Starts a task; one that has been started is not started again.
   *
   * @throws IllegalArgumentException for one that cannot be, whatever the time
   */
  void desire(Task task) throws IOException;

  /** Their guids. */
  Collection<String> list() throws IOException;

  boolean contains(String guid) throws IOException;

  /**
   * Ends a task; its callback hears that it was cancelled.
   *
   * @throws TaskUnknown if there is none
   */
  void cancel(String guid) throws IOException;
}
