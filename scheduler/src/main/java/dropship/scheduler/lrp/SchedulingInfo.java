package dropship.scheduler.lrp;

/**
 * That an LRP has been desired, as Cloud Controller compares all of them with what it knows.
 *
 * @param lastUpdated what the last desire or update that succeeded said
 */
public record SchedulingInfo(ProcessGuid id, String lastUpdated) {}
