package dropship.registry;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.net.SocketFactory;

/** A connection that sends exactly what it is told to, for what a client library would not. */
final class RawConnection implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;

  /** Opens a connection on which about {@code ahead} bytes may wait for this end to read them. */
  RawConnection(SocketFactory sockets, int port, int ahead) throws IOException {
    socket = sockets.createSocket();
    socket.setReceiveBufferSize(ahead);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) RunningServer.PATIENCE.toMillis());
    socket.connect(new InetSocketAddress("127.0.0.1", port));
    in = new BufferedInputStream(socket.getInputStream());
  }

  /** What came back; header names in lower case. */
  record Answer(int status, Map<String, String> headers, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    long length() {
      return Long.parseLong(headers.getOrDefault("content-length", "0"));
    }
  }

  /** Sends a request's head: its first line and headers, without the empty line that ends it. */
  RawConnection head(String... lines) throws IOException {
    return send(
        (String.join("\r\n", lines) + "\r\nHost: localhost\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1));
  }

  RawConnection send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  /** Sends part of a body in the chunked transfer coding; an empty one ends the body. */
  RawConnection chunk(byte[] bytes, int from, int to) throws IOException {
    var out = socket.getOutputStream();
    out.write((Integer.toHexString(to - from) + "\r\n").getBytes(StandardCharsets.US_ASCII));
    out.write(bytes, from, to - from);
    out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  /** Reads an answer, which must have a length. */
  Answer read() throws IOException {
    var head = readHead();
    var body = new ByteArrayOutputStream();
    readBody(head.length(), body);
    return new Answer(head.status, head.headers, body.toByteArray());
  }

  /** Reads an answer as far as its body. */
  Answer readHead() throws IOException {
    var status = line();
    var headers = new TreeMap<String, String>();
    for (var line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return new Answer(Integer.parseInt(status.split(" ")[1]), headers, new byte[0]);
  }

  /** Reads the next {@code length} bytes of a body. */
  void readBody(long length, OutputStream into) throws IOException {
    var buffer = new byte[64 * 1024];
    for (long left = length; left > 0; ) {
      int count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (count < 0) {
        throw new EOFException("the body broke off, %d bytes before its end".formatted(left));
      }
      into.write(buffer, 0, count);
      left -= count;
    }
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("the server closed the connection after '" + line + "'");
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }

  /** Waits until the first byte of an answer is there, and takes it. */
  void awaitFirstByte() throws IOException {
    if (in.read() < 0) {
      throw new EOFException("the server closed the connection without an answer");
    }
  }

  /** Whether the server has closed its end, with nothing more to be read. */
  boolean isEnded() throws IOException {
    return in.read() < 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
