package dropship.registry.image;

import dropship.registry.image.DropletLayer.Kind;

/**
 * An entry of a droplet as a layer is to have it.
 *
 * @param number of all entries kept, in the order of the droplet
 * @param target number of the entry that a hard link links to; else its own
 * @param kind of layer that its path belongs in
 * @param waits whether it can be written only when the whole droplet is known
 */
record HomeEntry(LayerHeader header, int number, int target, Kind kind, boolean waits) {}
