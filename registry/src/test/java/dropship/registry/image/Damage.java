package dropship.registry.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;

/** What can happen to bytes, at random, with an eye for what tars and gzip files are made of. */
final class Damage {
  private static final List<Integer> FIELDS =
      List.of(0, 100, 108, 116, 124, 136, 148, 156, 157, 257, 263, 329, 337, 345, 482, 483);

  private static final List<String> VALUES =
      List.of(
          "",
          "0",
          "-1",
          "7777777",
          "77777777777\0",
          "99999999999",
          "            ",
          "00000000000\0",
          "00000001000 ",
          "\u0080\0\0\0\0\0\0\0\0\0\0\1",
          "\u0080\0\0\0\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff",
          "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff",
          "..",
          "../x",
          "/",
          ".",
          "app",
          "app/",
          "app/x",
          ".wh.x",
          "\u00ff",
          "./././@LongLink",
          "ustar\00000",
          "ustar  \0");

  private final Random random;

  Damage(Random random) {
    this.random = random;
  }

  /** A tar with one to four things wrong, each of which its checksums do not tell. */
  byte[] toTar(byte[] tar) {
    var damaged = tar.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      damaged =
          switch (random.nextInt(5)) {
            case 0, 1 -> inAByte(damaged);
            case 2, 3 -> inAField(damaged);
            default -> inTheOrder(damaged, TarBytes.BLOCK);
          };
    }
    TarBytes.correctChecksums(damaged);
    return damaged;
  }

  /** A gzip file with one to four things wrong. */
  byte[] toGzip(byte[] droplet) {
    var damaged = droplet.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      damaged = random.nextInt(4) == 0 ? inTheOrder(damaged, 1) : inAByte(damaged);
    }
    return damaged;
  }

  /** A gzip file of {@code tar} as no gzip writes it: in members, with names and comments. */
  byte[] inMembers(byte[] tar) {
    var members = new ByteArrayOutputStream();
    int at = 0;
    while (at < tar.length) {
      int length = Math.min(tar.length - at, random.nextInt(3000));
      members.writeBytes(member(Arrays.copyOfRange(tar, at, at + length)));
      at += length;
    }
    return members.toByteArray();
  }

  private byte[] member(byte[] content) {
    var plain = Tars.gzip(content);
    var header = new ByteArrayOutputStream();
    header.writeBytes(Arrays.copyOf(plain, 10));
    int flags = random.nextInt(32);
    if ((flags & 4) != 0) {
      header.writeBytes(new byte[] {6, 0, 'B', 'C', 2, 0, 1, 2});
    }
    for (int text : new int[] {8, 16}) {
      if ((flags & text) != 0) {
        header.writeBytes("text".repeat(random.nextInt(30)).getBytes(ISO_8859_1));
        header.write(0);
      }
    }
    var bytes = header.toByteArray();
    bytes[3] = (byte) flags;
    header.reset();
    header.writeBytes(bytes);
    if ((flags & 2) != 0) {
      var crc = new CRC32();
      crc.update(bytes);
      header.write((int) crc.getValue());
      header.write((int) (crc.getValue() >> 8));
    }
    header.writeBytes(Arrays.copyOfRange(plain, 10, plain.length));
    return header.toByteArray();
  }

  private byte[] inAByte(byte[] bytes) {
    if (bytes.length == 0) {
      return bytes;
    }
    int at = random.nextInt(bytes.length);
    for (int i = 0; i < 50 && bytes[at] == 0; i++) {
      at = random.nextInt(bytes.length); // most of a tar is padding
    }
    bytes[at] =
        switch (random.nextInt(4)) {
          case 0 -> (byte) (bytes[at] ^ 1 << random.nextInt(8));
          case 1 -> (byte) random.nextInt();
          case 2 -> (byte) ('0' + random.nextInt(10));
          default -> (byte) "01257xgLKSDV=, \n".charAt(random.nextInt(16));
        };
    return bytes;
  }

  private byte[] inAField(byte[] tar) {
    var headers = TarBytes.headers(tar).toArray();
    if (headers.length == 0) {
      return tar;
    }
    int at = headers[random.nextInt(headers.length)] + FIELDS.get(random.nextInt(FIELDS.size()));
    var value = VALUES.get(random.nextInt(VALUES.size())).getBytes(ISO_8859_1);
    System.arraycopy(value, 0, tar, at, Math.min(value.length, tar.length - at));
    return tar;
  }

  /** Leaves a part out, or puts it elsewhere once more; of whole blocks. */
  private byte[] inTheOrder(byte[] bytes, int block) {
    int blocks = bytes.length / block;
    if (blocks < 2) {
      return bytes;
    }
    int from = random.nextInt(blocks) * block;
    int to = Math.min(bytes.length, from + (1 + random.nextInt(block == 1 ? 600 : 4)) * block);
    int at = random.nextInt(blocks) * block;
    return random.nextBoolean()
        ? joined(Arrays.copyOf(bytes, from), Arrays.copyOfRange(bytes, to, bytes.length))
        : joined(
            joined(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, from, to)),
            Arrays.copyOfRange(bytes, at, bytes.length));
  }

  private static byte[] joined(byte[] first, byte[] second) {
    var both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
