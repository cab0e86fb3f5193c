package dropship.scheduler.lrp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What everything that runs tasks promises. */
abstract class TasksContract {
  private final Task task = SampleLrps.task();

  abstract Tasks tasks();

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

    tasks.cancel(task.guid());

    assertThat(tasks.contains(task.guid())).isFalse();
    assertThatThrownBy(() -> tasks.cancel(task.guid())).isInstanceOf(TaskUnknown.class);
  }
}
