package dropship.scheduler.image;

import dropship.blobstore.content.Digest;

/**
 * The image of one droplet on one root file system, and of nothing else, ever.
 *
 * @param reference {@code <registry>/cloudfoundry/<guid>@sha256:…}, what a kubelet is given
 */
public record PinnedImage(String reference, Rootfs rootfs, Digest digest) {}
