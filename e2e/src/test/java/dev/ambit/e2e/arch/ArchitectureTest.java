package dev.ambit.e2e.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Which module may use which, and where each library stays.
class ArchitectureTest {
    /// Every edge that is allowed; what is not named here is forbidden.
    private static final Map<String, List<String>> MAY_USE =
            new TreeMap<>(
                    Map.ofEntries(
                            Map.entry("linux", List.of()),
                            Map.entry("hbone", List.of()),
                            Map.entry("identity", List.of()),
                            Map.entry("mesh", List.of("identity")),
                            Map.entry("envoy", List.of("mesh")),
                            Map.entry("process", List.of("hbone", "identity")),
                            Map.entry(
                                    "ztunnel",
                                    List.of("linux", "hbone", "identity", "mesh", "process")),
                            Map.entry(
                                    "waypoint",
                                    List.of(
                                            "linux",
                                            "hbone",
                                            "identity",
                                            "mesh",
                                            "envoy",
                                            "process")),
                            Map.entry("control", List.of("identity", "mesh", "envoy")),
                            Map.entry(
                                    "cli",
                                    List.of(
                                            "identity",
                                            "process",
                                            "ztunnel",
                                            "waypoint",
                                            "control")),
                            Map.entry(
                                    "e2e",
                                    List.of(
                                            "linux",
                                            "identity",
                                            "mesh",
                                            "envoy",
                                            "process",
                                            "control",
                                            "cli"))));

    private static JavaClasses classes = new ClassFileImporter().importClasses();

    @BeforeAll
    static void read() {
        classes =
                new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages("dev.ambit");
    }

    @TestFactory
    Stream<DynamicTest> modules_useOnlyWhatTheyMay() {
        return MAY_USE.entrySet().stream()
                .map(module ->
                        DynamicTest.dynamicTest(
                                module.getKey(), () -> edges(module.getKey(), module.getValue())));
    }

    private static void edges(String module, List<String> allowed) {
        var forbidden = new ArrayList<String>();
        for (String other : MAY_USE.keySet()) {
            if (!other.equals(module) && !allowed.contains(other)) {
                forbidden.add("dev.ambit." + other + "..");
            }
        }
        noClasses()
                .that()
                .resideInAPackage("dev.ambit." + module + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden.toArray(String[]::new))
                .check(classes);
    }

    @Test
    void foreignMemory_onlyInLinux() {
        only("java.lang.foreign..", "dev.ambit.linux..").check(classes);
    }

    @Test
    void bouncyCastle_onlyInIdentity() {
        only("org.bouncycastle..", "dev.ambit.identity..").check(classes);
    }

    @Test
    void dnsCodec_onlyInTheProxyAndTheLab() {
        only(
                        "org.xbill..",
                        "dev.ambit.ztunnel.dns..",
                        // Resolves next hops that have a name and no address.
                        "dev.ambit.ztunnel.outbound..",
                        "dev.ambit.waypoint.upstream..",
                        "dev.ambit.e2e..")
                .check(classes);
    }

    @Test
    void grpc_onlyWhereMessagesAreExchanged() {
        only(
                        "io.grpc..",
                        "dev.ambit.identity.ca..",
                        "dev.ambit.identity.proto..",
                        "dev.ambit.mesh.xds..",
                        "dev.ambit.mesh.proto..",
                        "dev.ambit.control..",
                        // Open the channels that identity and mesh talk over.
                        "dev.ambit.process",
                        "dev.ambit.ztunnel",
                        "dev.ambit.waypoint",
                        "dev.ambit.waypoint.xds..",
                        // Stands between a control plane and those it serves.
                        "dev.ambit.e2e.envoy..")
                .check(classes);
    }

    /// The waypoint's model, and all that works by it, outlives every form of configuration.
    @Test
    void waypoint_seesProtobufOnlyWhereItCompilesIt() {
        noClasses()
                .that()
                .resideInAPackage("dev.ambit.waypoint..")
                .and()
                .resideOutsideOfPackage("dev.ambit.waypoint.xds..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "com.google.protobuf..", "io.envoyproxy..", "dev.ambit.envoy.proto..")
                .check(classes);
    }

    @Test
    void mesh_knowsNoNetty() {
        noClasses()
                .that()
                .resideInAPackage("dev.ambit.mesh..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .check(classes);
    }

    @Test
    void decisions_arePure() {
        noClasses()
                .that()
                .haveSimpleNameEndingWith("Router")
                .or()
                .haveSimpleNameEndingWith("Decision")
                .or()
                .haveSimpleNameEndingWith("Authorizer")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.netty..",
                        "java.nio.channels..",
                        "java.util.concurrent..",
                        "org.slf4j..")
                .check(classes);
    }

    @Test
    void nobodyDependsOnBenchmarks() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.ambit.bench..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.ambit.bench..")
                .check(classes);
    }

    private static ArchRule only(String library, String... homes) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(homes)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library);
    }
}
