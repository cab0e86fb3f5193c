package dropship.scheduler;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Imports follow the arrows of the map, and no others. */
class ArchitectureTest {
  private static final String ROOT = "dropship.scheduler";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  /** Each package below ours, and what it may import of ours. Packages that are to come count. */
  private static final Map<String, List<String>> ARROWS =
      new TreeMap<>(
          Map.of(
              "lrp", List.of(),
              "peer", List.of(),
              "leader", List.of(),
              "opi", List.of("lrp"),
              "image", List.of("peer"),
              "kubernetes", List.of("lrp", "image", "peer"),
              "report", List.of("lrp", "kubernetes", "peer"),
              "rollout", List.of("lrp", "kubernetes", "image", "peer")));

  /** What servers have in common is not ours alone (docs/adr/0022). */
  private static final String[] SHARED = {
    "dropship.blobstore.settings",
    "dropship.blobstore.log",
    "dropship.blobstore.server",
    "dropship.blobstore.http",
    "dropship.blobstore.content"
  };

  private static final String[] KUBERNETES = {"io.fabric8..", "io.kubernetes.."};

  private static String name(String arrow) {
    return ROOT + "." + arrow;
  }

  @Test
  void importsFollowTheArrows() {
    ARROWS.forEach((from, arrows) -> {
      var allowed = new TreeSet<>(List.of(SHARED));
      allowed.add(name(from));
      arrows.forEach(to -> allowed.add(name(to)));
      noClasses()
          .that(resideInAPackage(name(from)))
          .should()
          .dependOnClassesThat(
              resideInAPackage("dropship..")
                  .and(not(resideInAnyPackage(allowed.toArray(String[]::new)))))
          .allowEmptyShould(true)
          .check(CLASSES);
    });
  }

  @Test
  void everyPackageIsOnTheMap() {
    assertThat(CLASSES).extracting(JavaClass::getPackageName).contains(name("opi"), name("lrp"));
    for (var each : CLASSES) {
      var packageName = each.getPackageName();
      assertThat(packageName.equals(ROOT) || isOnTheMap(packageName)).as(packageName).isTrue();
    }
  }

  private static boolean isOnTheMap(String packageName) {
    return ARROWS.keySet().stream().anyMatch(each -> name(each).equals(packageName));
  }

  @Test
  void ofTheServerOnlyWhatIsSharedIsUsed() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAPackage("dropship..")
                .and(not(resideInAPackage(ROOT + "..")))
                .and(not(resideInAnyPackage(SHARED))))
        .check(CLASSES);
  }

  @Test
  void theDomainUsesNothingOfOthers() {
    noClasses()
        .that(resideInAPackage(name("lrp")))
        .should()
        .dependOnClassesThat(not(resideInAnyPackage(name("lrp"), "java..", "org.jspecify..")))
        .check(CLASSES);
  }

  @Test
  void onlyThoseThatAreAboutKubernetesSpeakToIt() {
    noClasses()
        .that(resideInAnyPackage(name("opi"), name("peer"), name("image")))
        .should()
        .dependOnClassesThat(resideInAnyPackage(KUBERNETES))
        .check(CLASSES);
  }

  @Test
  void nothingImportsMain() {
    noClasses()
        .that(resideInAPackage(ROOT + "..").and(not(resideInAPackage(ROOT))))
        .should()
        .dependOnClassesThat(resideInAPackage(ROOT))
        .check(CLASSES);
  }

  @Test
  void thereAreNoCycles() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void everyPackageSaysWhatItIsForAndThatNothingIsNull() {
    for (var each : CLASSES) {
      assertThat(each.getPackage().tryGetPackageInfo())
          .as("package-info of %s", each.getPackageName())
          .hasValueSatisfying(info ->
              assertThat(info.isAnnotatedWith("org.jspecify.annotations.NullMarked")).isTrue());
    }
  }
}
