package dropship.scheduler.lrp;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Tasks in memory, which run until they are cancelled. */
public final class MemoryTasks implements Tasks {
  private final Map<String, Task> running = new ConcurrentHashMap<>();
  private volatile Optional<IOException> outage = Optional.empty();

  /** From now on nothing can be done; for an empty failure, everything again. */
  public void fail(Optional<IOException> failure) {
    outage = failure;
  }

  /** As it was desired. */
  public Optional<Task> task(String guid) {
    return Optional.ofNullable(running.get(guid));
  }

  private void mustWork() throws IOException {
    if (outage.isPresent()) {
      throw outage.get();
    }
  }

  @Override
  public void desire(Task task) throws IOException {
    mustWork();
    running.putIfAbsent(task.guid(), task);
  }

  @Override
  public Collection<String> list() throws IOException {
    mustWork();
    return List.copyOf(running.keySet());
  }

  @Override
  public boolean contains(String guid) throws IOException {
    mustWork();
    return running.containsKey(guid);
  }

  @Override
  public void cancel(String guid) throws IOException {
    mustWork();
    if (running.remove(guid) == null) {
      throw new TaskUnknown(guid);
    }
  }
}
