import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/**
 * Reads one object by the AWS SDK, from S3, and as a blob, from the registry, in turns; 1 and 4 at a time. Prints rows of a
 * table. Arguments: endpoint, bucket, key, URL of the blob, user, password, runs.
 */
final class Download {
  public static void main(String[] arguments) throws Exception {
    var endpoint = URI.create(arguments[0]);
    int runs = Integer.parseInt(arguments[6]);
    var basic = Base64.getEncoder().encodeToString((arguments[4] + ":" + arguments[5]).getBytes());
    var blob = URI.create(arguments[3]);
    var request =
        "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\nConnection: close\r\n\r\n"
            .formatted(blob.getPath(), blob.getAuthority(), basic)
            .getBytes();
    try (var s3 =
        S3AsyncClient.builder().endpointOverride(endpoint).forcePathStyle(true).region(Region.US_EAST_1).build()) {
      Callable<Long> bySdk =
          () -> {
            var body =
                s3.getObject(
                        get -> get.bucket(arguments[1]).key(arguments[2]),
                        AsyncResponseTransformer.toBlockingInputStream())
                    .join();
            return drain(body);
          };
      Callable<Long> byServer = () -> get(blob, request);
      for (int atOnce : new int[] {1, 4}) {
        var sdk = new ArrayList<Double>();
        var server = new ArrayList<Double>();
        for (int run = -3; run < runs; run++) { // the first warm up
          double one = megabytesPerSecond(bySdk, atOnce);
          double other = megabytesPerSecond(byServer, atOnce);
          if (run >= 0) {
            sdk.add(one);
            server.add(other);
          }
        }
        double ratio = median(server) / median(sdk);
        System.out.printf(
            "| %d | %.0f MB/s | %.0f MB/s | **%.2f** | ≥ 0.8 %s |%n",
            atOnce, median(sdk), median(server), ratio, ratio >= 0.8 ? "yes" : "no");
      }
    }
  }

  /** By the least there is of a client: what is measured is the server. */
  private static long get(URI blob, byte[] request) throws Exception {
    try (var socket = new Socket(blob.getHost(), blob.getPort())) {
      socket.getOutputStream().write(request);
      var head = new StringBuilder();
      while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
        head.append((char) socket.getInputStream().read());
      }
      var length = Pattern.compile("(?i)content-length: (\\d+)").matcher(head);
      long read = drain(socket.getInputStream());
      if (!head.toString().startsWith("HTTP/1.1 200") || !length.find() || read != Long.parseLong(length.group(1))) {
        throw new IllegalStateException("got " + read + " bytes behind " + head);
      }
      return read;
    }
  }

  private static long drain(InputStream body) throws Exception {
    try (body) {
      var chunk = new byte[256 * 1024];
      long all = 0;
      for (int read = body.read(chunk); read >= 0; read = body.read(chunk)) {
        all += read;
      }
      return all;
    }
  }

  private static double megabytesPerSecond(Callable<Long> download, int atOnce) throws Exception {
    try (var threads = Executors.newFixedThreadPool(atOnce)) {
      long begun = System.nanoTime();
      long bytes = 0;
      for (var each : threads.invokeAll(List.copyOf(Arrays.asList(times(download, atOnce))))) {
        bytes += each.get();
      }
      return bytes * 1e3 / (System.nanoTime() - begun);
    }
  }

  @SuppressWarnings("unchecked")
  private static Callable<Long>[] times(Callable<Long> download, int atOnce) {
    var all = new Callable[atOnce];
    Arrays.fill(all, download);
    return all;
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}
