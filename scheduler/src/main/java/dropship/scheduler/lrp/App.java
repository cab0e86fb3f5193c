package dropship.scheduler.lrp;

/**
 * Whose process or task it is. Cloud Controllers of different ages say more or less of it; what is
 * not known is empty.
 */
public record App(
    String guid,
    String name,
    String spaceGuid,
    String spaceName,
    String organizationGuid,
    String organizationName) {}
