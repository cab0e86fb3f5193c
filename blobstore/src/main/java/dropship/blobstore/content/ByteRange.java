package dropship.blobstore.content;

/**
 * A run of bytes: {@code length} of them from {@code offset} on. May reach past the end of what it
 * is applied to.
 */
public record ByteRange(long offset, long length) {
  /** Everything, however long that is. */
  public static final ByteRange ALL = new ByteRange(0, Long.MAX_VALUE);

  public ByteRange {
    if (offset < 0 || length < 0) {
      throw new IllegalArgumentException(
          "not a byte range: offset " + offset + ", length " + length + ", expected none negative");
    }
  }

  /** The part of this range that lies within the first {@code size} bytes; possibly empty. */
  public ByteRange within(long size) {
    long start = Math.min(offset, size);
    return new ByteRange(start, Math.min(length, size - start));
  }

  /** The offset of the last byte. Makes no sense for an empty range. */
  public long last() {
    return offset + length - 1;
  }
}
