package dropship.registry;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A multipart form as a client writes it, part by part. */
final class Form {
  static final String BOUNDARY = "----RubyMultipartPost-0a1b2c";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** A form with the one file, as the Cloud Controller sends it. */
  static byte[] of(String field, byte[] file) {
    return new Form().file(field, file).end();
  }

  /** What comes before the file of such a form. */
  static byte[] before(String field) {
    var form = new Form();
    form.write(
        "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"droplet.tgz\"\r\n\r\n"
            .formatted(BOUNDARY, field));
    return form.unended();
  }

  /** What comes after it. */
  static byte[] after() {
    var form = new Form();
    form.write("\r\n");
    return form.end();
  }

  static String contentType() {
    return "multipart/form-data; boundary=" + BOUNDARY;
  }

  Form file(String field, byte[] content) {
    return part(
        "form-data; name=\"%s\"; filename=\"droplet.tgz\"\r\nContent-Type: application/octet-stream"
            .formatted(field),
        content);
  }

  Form text(String field, String value) {
    return part("form-data; name=\"" + field + "\"", value.getBytes(StandardCharsets.UTF_8));
  }

  private Form part(String disposition, byte[] content) {
    write("--" + BOUNDARY + "\r\nContent-Disposition: " + disposition + "\r\n\r\n");
    bytes.writeBytes(content);
    write("\r\n");
    return this;
  }

  byte[] end() {
    write("--" + BOUNDARY + "--\r\n");
    return unended();
  }

  /** The form so far, without its closing delimiter. */
  byte[] unended() {
    return bytes.toByteArray();
  }

  private void write(String text) {
    bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }
}
