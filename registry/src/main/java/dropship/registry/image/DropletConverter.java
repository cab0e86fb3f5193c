package dropship.registry.image;

import static java.util.stream.Collectors.toMap;

import dropship.blobstore.content.Blocking;
import dropship.blobstore.content.Conduit;
import dropship.blobstore.resource.DropletId;
import dropship.blobstore.resource.DropletIntake;
import dropship.blobstore.resource.Receipt;
import dropship.blobstore.store.NoSpaceLeft;
import dropship.rootfs.layer.Layers;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes layers of each droplet while it is uploaded:
 *
 * <pre>
 *   bytes ─▶ DropletLayers ─▶ scratch files ─▶ layers in the store ─▶ (droplet stored) ─▶ record
 * </pre>
 *
 * The record is written last, so whatever it names is there. A droplet that no image can be made of
 * is kept all the same; its record says why.
 */
public final class DropletConverter implements DropletIntake {
  private static final Logger LOG = LoggerFactory.getLogger(DropletConverter.class);

  /** How far an upload may be ahead of its conversion. */
  private static final int AHEAD = 512 * 1024;

  private final Vertx vertx;
  private final DropletLayers layersOf;
  private final Layers layers;
  private final DropletRecords records;
  private final Executor executor;
  private final Executor helpers;
  private final Turns turns = new Turns();
  private final Counter images;
  private final Counter unsuitable;
  private final Counter failures;

  DropletConverter(
      Vertx vertx,
      DropletLayers layersOf,
      Layers layers,
      DropletRecords records,
      Executor executor,
      Executor helpers,
      MeterRegistry metrics) {
    this.vertx = vertx;
    this.layersOf = layersOf;
    this.layers = layers;
    this.records = records;
    this.executor = executor;
    this.helpers = helpers;
    this.images = counter(metrics, "image");
    this.unsuitable = counter(metrics, "unsuitable");
    this.failures = counter(metrics, "failure");
  }

  private static Counter counter(MeterRegistry metrics, String result) {
    return Counter.builder("dropship.conversions")
        .description("Droplets read to make layers of them")
        .tag("result", result)
        .register(metrics);
  }

  @Override
  public Intake begin(DropletId id) {
    return new Conversion(id);
  }

  @Override
  public Future<Void> copied(DropletId from, DropletId to) {
    return records.copy(from, to);
  }

  @Override
  public Future<Void> deleted(DropletId id) {
    return records.delete(id);
  }

  /** What reading a droplet to its end has given. */
  private record Result(
      Receipt receipt,
      StagingInfo info,
      List<DropletLayers.Scratch> scratch,
      Map<String, Integer> leftOut,
      Optional<String> unsuitable) {}

  /** A record of layers that have been put since then. */
  private record Kept(DropletRecord record, Instant since) {}

  private final class Conversion implements Intake {
    private final DropletId id;
    private final Conduit bytes = new Conduit(vertx.getOrCreateContext(), AHEAD);
    private final Future<Kept> kept;

    Conversion(DropletId id) {
      this.id = id;
      this.kept =
          Blocking.call(vertx, executor, () -> read(bytes.input()))
              .compose(this::keepLayers)
              .onFailure(failure -> failures.increment())
              .recover(failure ->
                  Future.failedFuture(NoSpaceLeft.orElse(failure, "converting the droplet " + id)));
    }

    @Override
    public Conduit bytes() {
      return bytes;
    }

    @Override
    public Future<Receipt> prepared() {
      return kept.map(
          made -> new Receipt(made.record.size(), made.record.sha1(), made.record.sha256()));
    }

    @Override
    public Future<Void> commit() {
      return kept.compose(made -> records.put(id, made.record, made.since));
    }

    @Override
    public void abort(Throwable cause) {
      bytes.fail(cause);
    }

    private Future<Kept> keepLayers(Result result) {
      return layers
          .putAll(
              result.scratch.stream()
                  .collect(
                      toMap(
                          scratch -> scratch.layer().layer(),
                          DropletLayers.Scratch::file,
                          (one, same) -> one)))
          .eventually(() -> delete(result.scratch))
          .map(since -> {
            (result.unsuitable.isPresent() ? unsuitable : images).increment();
            result.unsuitable.ifPresent(
                reason -> LOG.warn("no image can be made of the droplet {}: {}", id, reason));
            return new Kept(recordOf(result), since);
          });
    }

    private Future<Void> delete(List<DropletLayers.Scratch> scratch) {
      return Blocking.call(
              vertx,
              () -> {
                for (var each : scratch) {
                  Files.deleteIfExists(each.file());
                }
                return scratch;
              })
          .mapEmpty();
    }
  }

  private DropletRecord recordOf(Result result) {
    return new DropletRecord(
        result.receipt.size(),
        result.receipt.sha1(),
        result.receipt.sha256(),
        result.scratch.stream().map(DropletLayers.Scratch::layer).toList(),
        layersOf.codec(),
        result.info.startCommand(),
        result.info.buildpack(),
        result.info.created(),
        result.leftOut,
        result.unsuitable);
  }

  /** Reads all of a droplet, also what follows the place where it turned out to be unsuitable. */
  private Result read(InputStream arriving) throws IOException {
    try (var droplet = new Receiving(arriving, turns, helpers)) {
      try {
        var converted = layersOf.convert(droplet);
        return new Result(
            droplet.finish(),
            converted.info(),
            converted.layers(),
            converted.leftOut(),
            Optional.empty());
      } catch (UnsuitableDroplet e) {
        return new Result(
            droplet.finish(), StagingInfo.NONE, List.of(), Map.of(), Optional.of(e.reason()));
      }
    }
  }
}
