package dropship.registry.image;

import dropship.blobstore.content.Digest;
import dropship.rootfs.layer.Compression;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What each stage of a conversion costs by itself, and the whole without HTTP and store, in
 * milliseconds per droplet. The droplet is in memory: the file that the system property {@code
 * droplet} names, else a small one made here.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class ConversionBenchmark {
  private static final int BLOCK = 256 * 1024;
  private static final long UNBOUNDED = Long.MAX_VALUE / 2;

  private byte[] droplet = {};
  private byte[] tar = {};

  /** The same droplet in deflate's stored blocks, which cost next to nothing to inflate. */
  private byte[] stored = {};

  private final List<TarArchiveEntry> entries = new ArrayList<>();
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private Path scratch = Path.of("");

  @Setup
  public void read() throws IOException {
    var file = System.getProperty("droplet", "");
    droplet = file.isEmpty() ? smallDroplet() : Files.readAllBytes(Path.of(file));
    tar = Compression.GZIP.decompress(new ByteArrayInputStream(droplet)).readAllBytes();
    stored = gzip(tar, Deflater.NO_COMPRESSION);
    try (var from = new TarArchiveInputStream(new ByteArrayInputStream(tar), "UTF-8")) {
      for (var entry = from.getNextEntry(); entry != null; entry = from.getNextEntry()) {
        entries.add(entry);
      }
    }
    scratch = Files.createTempDirectory("dropship-benchmark");
  }

  @TearDown
  public void end() throws IOException {
    executor.shutdown();
    Files.delete(scratch);
  }

  /** The hashes of what arrives: SHA-1 and SHA-256 of the droplet. */
  @Benchmark
  public List<byte[]> hashDroplet() {
    return List.of(Digest.sha1().digest(droplet), Digest.sha256().digest(droplet));
  }

  @Benchmark
  public long inflate() throws IOException {
    return drain(Compression.GZIP.decompress(new ByteArrayInputStream(droplet)));
  }

  /** Finds entries and copies their content, from a droplet that is hardly compressed. */
  @Benchmark
  public long readTar() throws IOException, UnsuitableDroplet {
    var nowhere = OutputStream.nullOutputStream();
    long count = 0;
    try (var from =
        new DropletTar(new ByteArrayInputStream(stored), settings(Compression.NONE, false))) {
      for (var entry = from.next(); entry != null; entry = from.next()) {
        from.copyTo(nowhere);
        count++;
      }
      from.end();
    }
    return count;
  }

  /** Which entries are kept, and in which layer. */
  @Benchmark
  public long judgePaths() throws IOException, UnsuitableDroplet {
    long kept = 0;
    try (var rules = new HomeEntries(UNBOUNDED, LayerRule::of, scratch)) {
      for (var entry : entries) {
        kept += rules.keep(entry).size();
      }
    }
    return kept;
  }

  /** The diffID of a layer that holds all of the droplet. */
  @Benchmark
  public byte[] hashTar() {
    return Digest.sha256().digest(tar);
  }

  @Benchmark
  public long compressWithZstd() throws IOException {
    return compress(Compression.ZSTD);
  }

  @Benchmark
  public long compressWithGzip() throws IOException {
    return compress(Compression.GZIP);
  }

  @Benchmark
  public long convertToZstd() throws IOException, UnsuitableDroplet {
    return convert(settings(Compression.ZSTD, false));
  }

  @Benchmark
  public long convertToSplitZstd() throws IOException, UnsuitableDroplet {
    return convert(settings(Compression.ZSTD, true));
  }

  @Benchmark
  public long convertToGzip() throws IOException, UnsuitableDroplet {
    return convert(settings(Compression.GZIP, false));
  }

  private static DropletLayers.Settings settings(Compression compression, boolean split) {
    return new DropletLayers.Settings(compression, split, UNBOUNDED, UNBOUNDED);
  }

  private long compress(Compression compression) throws IOException {
    var counted = new Counted();
    try (var into = compression.compress(counted, executor)) {
      for (int at = 0; at < tar.length; at += BLOCK) {
        into.write(tar, at, Math.min(BLOCK, tar.length - at));
      }
    }
    return counted.count;
  }

  private long convert(DropletLayers.Settings settings) throws IOException, UnsuitableDroplet {
    var converted =
        new DropletLayers(settings, scratch, executor).convert(new ByteArrayInputStream(droplet));
    long size = 0;
    for (var layer : converted.layers()) {
      size += layer.layer().layer().size();
      Files.delete(layer.file());
    }
    return size;
  }

  private static long drain(InputStream from) throws IOException {
    var buffer = new byte[64 * 1024];
    long count = 0;
    for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
      count += read;
    }
    return count;
  }

  /** Half of it cannot be compressed, like jars; half of it is words, like source code. */
  private static byte[] smallDroplet() throws IOException {
    var chance = new Random(1);
    var tar = new ByteArrayOutputStream();
    try (var into = new TarArchiveOutputStream(tar, "UTF-8")) {
      for (int i = 0; i < 500; i++) {
        var content = new byte[32 * 1024];
        chance.nextBytes(content);
        for (int at = 0; i % 2 == 0 && at < content.length; at++) {
          content[at] = (byte) (at % 7 == 0 ? ' ' : 'a' + Math.abs(content[at] % 8));
        }
        var entry = new TarArchiveEntry("./app/folder-" + i % 20 + "/file-" + i);
        entry.setSize(content.length);
        into.putArchiveEntry(entry);
        into.write(content);
        into.closeArchiveEntry();
      }
    }
    return gzip(tar.toByteArray(), Deflater.DEFAULT_COMPRESSION);
  }

  private static byte[] gzip(byte[] bytes, int level) throws IOException {
    var gzipped = new ByteArrayOutputStream();
    try (var into =
        new GZIPOutputStream(gzipped) {
          {
            def.setLevel(level);
          }
        }) {
      into.write(bytes);
    }
    return gzipped.toByteArray();
  }

  private static final class Counted extends OutputStream {
    private long count;

    @Override
    public void write(int value) {
      count++;
    }

    @Override
    public void write(byte[] from, int offset, int length) {
      count += length;
    }
  }
}
