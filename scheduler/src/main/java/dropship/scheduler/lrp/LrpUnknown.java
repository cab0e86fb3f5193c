package dropship.scheduler.lrp;

/** There is no LRP of that name. */
public final class LrpUnknown extends RuntimeException {
  public LrpUnknown(ProcessGuid id) {
    super("the requested resource could not be found: LRP " + id);
  }
}
