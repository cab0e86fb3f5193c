package dropship.blobstore.log;

import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxBootstrap;
import io.vertx.core.spi.VertxServiceProvider;
import io.vertx.core.spi.context.storage.ContextLocal;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request while it is served, as far as the logs speak of it. Each request has a Vert.x context
 * of its own, where this is kept: whatever runs on it, on whichever thread, finds it.
 */
public final class Call {
  private static final ContextLocal<Call> CURRENT = ContextLocal.registerLocal(Call.class);

  /** What may be written into a line just as a client has sent it. */
  private static final Pattern WELL_FORMED = Pattern.compile("[A-Za-z0-9._:/+=-]{1,200}");

  private final String id;
  private final List<Consumer<Boolean>> ends = new ArrayList<>(2);
  private volatile @Nullable String user;

  private Call(String id) {
    this.id = id;
  }

  /** Vert.x wants to know before it starts what contexts are to hold; it finds this by its name. */
  public static final class Provider implements VertxServiceProvider {
    @Override
    public void init(VertxBootstrap vertx) {
      Objects.requireNonNull(CURRENT);
    }
  }

  /**
   * Begins to serve a request, on whose context this is called.
   *
   * @param wanted the id that the client gave it; one that cannot be taken is replaced
   */
  public static Call begin(@Nullable String wanted) {
    var call = new Call(wanted != null && WELL_FORMED.matcher(wanted).matches() ? wanted : newId());
    CURRENT.put(Vertx.currentContext(), call);
    return call;
  }

  private static String newId() {
    return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  }

  /** The one that is being served here, if any. */
  public static Optional<Call> current() {
    var context = Vertx.currentContext();
    return context == null ? Optional.empty() : Optional.ofNullable(CURRENT.get(context));
  }

  public String id() {
    return id;
  }

  /** Who has sent it; empty as long as nobody has proved to be somebody. */
  public Optional<String> user() {
    return Optional.ofNullable(user);
  }

  /** Says who has sent it. */
  public void isBy(String name) {
    user = name;
  }

  /**
   * Has something done when the answer has ended; it is told whether that broke off. Call it on the
   * event loop.
   */
  public void onEnd(Consumer<Boolean> action) {
    ends.add(action);
  }

  /** The answer has ended, or has broken off. */
  public void end(boolean cutOff) {
    ends.forEach(action -> action.accept(cutOff));
    ends.clear();
  }
}
