package dropship.scheduler.lrp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What everything that runs tasks promises. */
public abstract class TasksContract {
  private final Task task = SampleLrps.task();

  protected abstract Tasks tasks() throws Exception;

  @Test
  void knowsWhatItRuns() throws Exception {
    var tasks = tasks();
    assertThat(tasks.contains(task.guid())).isFalse();

    tasks.desire(task);
    tasks.desire(task);

    assertThat(tasks.contains(task.guid())).isTrue();
    assertThat(tasks.list()).containsOnlyOnce(task.guid());
  }

  @Test
  void cancelsWhatItRunsAndNothingElse() throws Exception {
    var tasks = tasks();
    assertThatThrownBy(() -> tasks.cancel(task.guid())).isInstanceOf(TaskUnknown.class);
    tasks.desire(task);

    tasks.cancel(task.guid()); // its callback hears of it, and then it is gone

    assertThatThrownBy(() -> tasks.cancel("another")).isInstanceOf(TaskUnknown.class);
  }
}
