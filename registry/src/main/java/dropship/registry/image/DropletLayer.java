package dropship.registry.image;

import dropship.rootfs.layer.Layer;

/**
 * A layer made of a droplet.
 *
 * @param kind what is in it
 */
public record DropletLayer(Kind kind, Layer layer) {
  /**
   * What a layer holds, lowest first: {@link LayerRule}. One that holds all of a droplet is its
   * {@code app} layer.
   */
  public enum Kind {
    runtime,
    libraries,
    app
  }
}
