package dropship.scheduler;

import dropship.scheduler.lrp.Lrps;
import dropship.scheduler.lrp.Tasks;
import io.vertx.ext.web.Router;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What runs apps.
 *
 * @param unready why nothing can be said of apps yet; empty when it can
 * @param addRoutes adds what else Cloud Controller's side has, once for each event loop
 * @param stop ends it
 */
record Backend(
    Lrps lrps,
    Tasks tasks,
    Supplier<Optional<String>> unready,
    Consumer<Router> addRoutes,
    Runnable stop)
    implements AutoCloseable {

  @Override
  public void close() {
    stop.run();
  }
}
