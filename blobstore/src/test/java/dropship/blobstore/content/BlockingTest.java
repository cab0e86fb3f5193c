package dropship.blobstore.content;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BlockingTest {
  @Test
  void whatAsksWhileVertxEndsIsToldByTheFuture() throws Exception {
    var vertx = Vertx.vertx();
    vertx.close().await(10, TimeUnit.SECONDS);

    assertRejected(Blocking.call(vertx, () -> "never"));
  }

  @Test
  void whatAsksWhileTheThreadsEndIsToldByTheFuture() throws Exception {
    var vertx = Vertx.vertx();
    try {
      var threads = Executors.newSingleThreadExecutor();
      threads.shutdown();

      assertRejected(Blocking.call(vertx, threads, () -> "never"));
    } finally {
      vertx.close().await(10, TimeUnit.SECONDS);
    }
  }

  private static void assertRejected(Future<?> asked) {
    assertThrows(RejectedExecutionException.class, () -> asked.await(10, TimeUnit.SECONDS));
  }
}
