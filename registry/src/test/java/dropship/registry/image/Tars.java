package dropship.registry.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import dropship.registry.image.DropletLayers.Converted;
import dropship.registry.image.DropletLayers.Settings;
import dropship.rootfs.layer.Compression;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Droplets written entry by entry, and layers read back. */
final class Tars {
  static final byte FILE = TarConstants.LF_NORMAL;
  static final byte DIRECTORY = TarConstants.LF_DIR;
  static final byte SYMLINK = TarConstants.LF_SYMLINK;
  static final byte LINK = TarConstants.LF_LINK;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar;

  Tars() {
    this("UTF-8");
  }

  /** A tar whose names are in that encoding. */
  Tars(String encoding) {
    tar = new TarArchiveOutputStream(bytes, encoding);
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
  }

  /** The usual beginning of a droplet. */
  static Tars droplet() {
    return new Tars().directory("./").directory("./app/");
  }

  static TarArchiveEntry entry(String name, byte type) {
    var entry = new TarArchiveEntry(name, type, true);
    entry.setModTime(1_700_000_000_000L);
    return entry;
  }

  static TarArchiveEntry linkEntry(String name, byte type, String target) {
    var entry = entry(name, type);
    entry.setLinkName(target);
    return entry;
  }

  Tars file(String name, String text) {
    return add(entry(name, FILE), text.getBytes(UTF_8));
  }

  Tars directory(String name) {
    return add(entry(name, DIRECTORY), new byte[0]);
  }

  Tars symlink(String name, String target) {
    return add(linkEntry(name, SYMLINK, target), new byte[0]);
  }

  Tars link(String name, String target) {
    return add(linkEntry(name, LINK, target), new byte[0]);
  }

  /** A PAX header for the next entry, of {@code key=value} as they are. */
  Tars pax(String... records) {
    var text = new StringBuilder();
    for (var record : records) {
      int length = record.getBytes(UTF_8).length + 2; // a space and a newline
      int all = length + Integer.toString(length).length();
      all = length + Integer.toString(all).length();
      text.append(all).append(' ').append(record).append('\n');
    }
    return add(
        entry("PaxHeader", TarConstants.LF_PAX_EXTENDED_HEADER_LC),
        text.toString().getBytes(UTF_8));
  }

  Tars longNamesInGnuStyle() {
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
    tar.setAddPaxHeadersForNonAsciiNames(false);
    return this;
  }

  Tars add(TarArchiveEntry entry, byte[] content) {
    try {
      entry.setSize(content.length);
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An entry as it is, whatever its type means to the library. */
  Tars raw(TarArchiveEntry entry, byte[] content) {
    var header = new byte[512];
    entry.setSize(content.length);
    entry.writeEntryHeader(header);
    bytes.writeBytes(header);
    bytes.writeBytes(Arrays.copyOf(content, (content.length + 511) / 512 * 512));
    return this;
  }

  byte[] tar() {
    try {
      tar.finish();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  byte[] gzipped() {
    return gzip(tar());
  }

  static byte[] gzip(byte[] plain) {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static Settings uncompressed() {
    return settings(Compression.NONE);
  }

  static Settings settings(Compression compression) {
    return new Settings(compression, false, 1 << 20, 10_000);
  }

  static Converted convert(byte[] droplet, Path scratch) throws IOException, UnsuitableDroplet {
    return convert(new ByteArrayInputStream(droplet), scratch, uncompressed());
  }

  static Converted convert(InputStream droplet, Path scratch, Settings settings)
      throws IOException, UnsuitableDroplet {
    return new DropletLayers(settings, scratch, Thread::startVirtualThread).convert(droplet);
  }

  /** An entry of a layer, with its content and what its headers say beyond the common. */
  record Entry(TarArchiveEntry header, byte[] content) {
    String name() {
      return header.getName();
    }

    byte type() {
      return header.getLinkFlag();
    }

    String text() {
      return new String(content, UTF_8);
    }
  }

  /** The entries of the only layer of a droplet. */
  static List<Entry> layerOf(Converted converted) throws IOException {
    var scratch = converted.layers().getFirst();
    try (var tar =
        new TarArchiveInputStream(
            scratch.layer().layer().compression().decompress(Files.newInputStream(scratch.file())),
            "UTF-8")) {
      var entries = new ArrayList<Entry>();
      for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        entries.add(new Entry(entry, tar.readAllBytes()));
      }
      return entries;
    }
  }

  /** The entry of that name in the layer of a droplet. */
  static Entry only(Converted converted, String name) throws IOException {
    var found = layerOf(converted).stream().filter(entry -> entry.name().equals(name)).toList();
    if (found.size() != 1) {
      throw new AssertionError("%d entries '%s', expected one".formatted(found.size(), name));
    }
    return found.getFirst();
  }
}
