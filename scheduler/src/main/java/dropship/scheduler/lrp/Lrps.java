package dropship.scheduler.lrp;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * All long-running processes. Methods block. What has been changed through one of these is seen by
 * all that are called after it.
 *
 * <p>An {@link IOException} says that it could not be done or is not known now, and may be another
 * time; nothing is ever answered from half of what there is.
 */
public interface Lrps {
  /**
   * Lets an LRP exist; one that does already stays as it is.
   *
   * @throws IllegalArgumentException for one that cannot be, whatever the time
   */
  void desire(Lrp lrp) throws IOException;

  /** Every LRP there is. */
  Collection<SchedulingInfo> list() throws IOException;

  Optional<DesiredLrp> find(ProcessGuid id) throws IOException;

  /**
   * Restarts nothing.
   *
   * @throws LrpUnknown if there is none of that name
   */
  void update(ProcessGuid id, LrpUpdate update) throws IOException;

  /** Lets an LRP and all that belongs to it go; one that is not there is gone already. */
  void stop(ProcessGuid id) throws IOException;

  /**
   * Replaces an instance by a new one; an LRP or instance that is not there needs none.
   *
   * @throws IllegalArgumentException for an index that the LRP has not
   */
  void stopInstance(ProcessGuid id, int index) throws IOException;

  /**
   * What runs of an LRP, in the order of their indices.
   *
   * @throws LrpUnknown if there is none of that name, or it is being stopped
   */
  List<Instance> instances(ProcessGuid id) throws IOException;
}
