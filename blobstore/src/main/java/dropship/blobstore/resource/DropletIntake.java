package dropship.blobstore.resource;

import dropship.blobstore.content.Conduit;
import io.vertx.core.Future;

/** Wants each droplet's bytes while they stream in, and is told when droplets come and go. */
public interface DropletIntake {
  /** A droplet begins to arrive. */
  Intake begin(DropletId id);

  /** A droplet has been put under another name as well. */
  Future<Void> copied(DropletId from, DropletId to);

  /** A droplet is to be deleted. */
  Future<Void> deleted(DropletId id);

  /** One droplet on its way in. Exactly one of {@link #commit} and {@link #abort} ends it. */
  interface Intake {
    /** Gets the bytes. */
    Conduit bytes();

    /**
     * Done when everything has been made of the bytes that will be. The droplet itself is stored
     * only after that, and not at all if this fails.
     */
    Future<Receipt> prepared();

    /** The droplet is stored: what was prepared becomes visible. */
    Future<Void> commit();

    /** The droplet is not going to be stored. What was prepared goes away, later perhaps. */
    void abort(Throwable cause);
  }
}
