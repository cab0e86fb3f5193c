package dropship.scheduler.opi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TurnsTest {
  private final Vertx vertx = Vertx.vertx();
  private final Turns turns = new Turns(vertx, 2, 3);
  private final List<Integer> begun = new CopyOnWriteArrayList<>();
  private final List<Promise<String>> ends = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    vertx.close().await(30, TimeUnit.SECONDS);
  }

  private Future<String> ask() {
    int number = ends.size();
    var end = Promise.<String>promise();
    ends.add(end);
    return turns.take(() -> {
      begun.add(number);
      return end.future();
    });
  }

  private static String await(Future<String> future) throws Exception {
    return future.await(30, TimeUnit.SECONDS);
  }

  @Test
  void letsOnlySoManyAtOnceInTheirOrderAndRefusesWhoWouldWaitTooLong() throws Exception {
    var asked = new ArrayList<Future<String>>();
    for (int i = 0; i < 5; i++) {
      asked.add(ask());
    }
    assertThatThrownBy(() -> await(ask())).isInstanceOf(IOException.class);
    assertThat(begun).containsExactly(0, 1);

    ends.get(1).fail("even so its turn is over");
    ends.get(2).complete("two");
    assertThat(await(asked.get(2))).isEqualTo("two");
    ends.get(3).complete("three");
    assertThat(await(asked.get(3))).isEqualTo("three");
    ends.get(4).complete("four");
    assertThat(await(asked.get(4))).isEqualTo("four");

    assertThat(begun).containsExactly(0, 1, 2, 3, 4);
    assertThat(asked.get(0).isComplete()).isFalse();
  }

  @Test
  void isNotHeldUpByWhatThrows() {
    for (int i = 0; i < 10; i++) {
      var failed =
          turns.<String>take(() -> {
            throw new IllegalStateException("at once");
          });
      assertThatThrownBy(() -> await(failed)).hasMessageContaining("at once");
    }
  }
}
