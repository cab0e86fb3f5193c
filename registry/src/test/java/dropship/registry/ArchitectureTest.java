package dropship.registry;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

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
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dropship");

  /**
   * Each package, and what it may import directly. What it may not import at all is everything
   * else.
   */
  private static final Map<String, List<String>> ARROWS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("dropship.blobstore.content", List.of()),
              Map.entry("dropship.blobstore.settings", List.of()),
              Map.entry("dropship.blobstore.signing", List.of()),
              Map.entry("dropship.blobstore.store", List.of("blobstore.content")),
              Map.entry(
                  "dropship.blobstore.store.memory",
                  List.of("blobstore.store", "blobstore.content")),
              Map.entry(
                  "dropship.blobstore.store.local",
                  List.of("blobstore.store", "blobstore.content")),
              Map.entry(
                  "dropship.blobstore.store.cache",
                  List.of("blobstore.store", "blobstore.content")),
              Map.entry(
                  "dropship.blobstore.store.s3", List.of("blobstore.store", "blobstore.content")),
              Map.entry("dropship.blobstore.http", List.of("blobstore.content")),
              Map.entry(
                  "dropship.blobstore.resource", List.of("blobstore.store", "blobstore.content")),
              Map.entry(
                  "dropship.blobstore.bits",
                  List.of(
                      "blobstore.resource",
                      "blobstore.signing",
                      "blobstore.http",
                      "blobstore.store",
                      "blobstore.content")),
              Map.entry("dropship.rootfs.layer", List.of("blobstore.store", "blobstore.content")),
              Map.entry("dropship.rootfs.lifecycle", List.of("rootfs.layer")),
              Map.entry(
                  "dropship.rootfs.catalog",
                  List.of(
                      "rootfs.layer", "rootfs.lifecycle", "blobstore.store", "blobstore.content")),
              Map.entry("dropship.registry.oci", List.of("blobstore.content")),
              Map.entry(
                  "dropship.registry.image",
                  List.of(
                      "registry.oci",
                      "rootfs.catalog",
                      "rootfs.layer",
                      "rootfs.lifecycle",
                      "blobstore.resource",
                      "blobstore.store",
                      "blobstore.content")),
              Map.entry(
                  "dropship.blobstore.server",
                  List.of("blobstore.log", "blobstore.settings", "blobstore.content")),
              Map.entry("dropship.blobstore.log", List.of("blobstore.settings")),
              Map.entry(
                  "dropship.registry.v2",
                  List.of(
                      "blobstore.resource",
                      "registry.image",
                      "registry.oci",
                      "blobstore.server",
                      "blobstore.http",
                      "blobstore.store",
                      "blobstore.content")),
              Map.entry(
                  "dropship.registry.admin",
                  List.of(
                      "registry.image",
                      "registry.oci",
                      "blobstore.server",
                      "rootfs.catalog",
                      "rootfs.layer",
                      "blobstore.http",
                      "blobstore.resource",
                      "blobstore.store",
                      "blobstore.content")),
              Map.entry("dropship.registry.quickstart", List.of()),
              Map.entry("dropship.registry.cli", List.of())));

  @Test
  void importsFollowTheArrows() {
    ARROWS.forEach((from, arrows) -> {
      var allowed = new TreeSet<String>();
      allowed.add(from);
      arrows.forEach(to -> allowed.add("dropship." + to));
      noClasses()
          .that(resideInAPackage(from))
          .should()
          .dependOnClassesThat(
              resideInAPackage("dropship..")
                  .and(not(resideInAnyPackage(allowed.toArray(String[]::new)))))
          .check(CLASSES);
    });
  }

  @Test
  void everyPackageIsOnTheMap() {
    var packages = new TreeSet<String>();
    CLASSES.forEach(each -> packages.add(each.getPackageName()));
    packages.remove("dropship.registry"); // Main sees everything

    assertThat(packages).isEqualTo(ARROWS.keySet());
  }

  @Test
  void nothingImportsMain() {
    noClasses()
        .that(resideInAPackage("dropship..").and(not(resideInAPackage("dropship.registry"))))
        .should()
        .dependOnClassesThat(resideInAPackage("dropship.registry"))
        .check(CLASSES);
  }

  @Test
  void noModuleHasCycles() {
    for (var module : List.of("blobstore", "rootfs", "registry")) {
      slices().matching("dropship." + module + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }
  }

  @Test
  void everyPackageSaysWhatItIsForAndThatNothingIsNull() {
    for (var name : ARROWS.keySet()) {
      assertThat(CLASSES.getPackage(name).tryGetPackageInfo())
          .as("package-info of %s", name)
          .hasValueSatisfying(info ->
              assertThat(info.isAnnotatedWith("org.jspecify.annotations.NullMarked")).isTrue());
    }
  }

  @Test
  void valuesOfTheSpecificationKnowNoHttp() {
    classes()
        .that(resideInAPackage("dropship.registry.oci"))
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                "dropship.registry.oci",
                "dropship.blobstore.content",
                "io.vertx.core.json",
                "io.vertx.core.buffer",
                "java..",
                "org.jspecify.."))
        .check(CLASSES);
  }

  @Test
  void signaturesKnowNoHttp() {
    classes()
        .that(resideInAPackage("dropship.blobstore.signing"))
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                "dropship.blobstore.signing", "java..", "javax.crypto..", "org.jspecify.."))
        .check(CLASSES);
  }
}
