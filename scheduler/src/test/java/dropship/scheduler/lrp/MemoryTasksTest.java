package dropship.scheduler.lrp;

class MemoryTasksTest extends TasksContract {
  private final MemoryTasks tasks = new MemoryTasks();

  @Override
  protected Tasks tasks() {
    return tasks;
  }
}
