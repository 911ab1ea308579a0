package dev.ambit.e2e.envoy;

import com.google.gson.JsonObject;
import dev.ambit.e2e.app.App;
import dev.ambit.e2e.lab.ProcessSpec;
import dev.ambit.e2e.lab.Running;
import dev.ambit.e2e.mesh.AmbitCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Ours, started as istiod's template starts a waypoint.
public record AmbitSubject() implements Subject {
    private static final Duration CALL = Duration.ofSeconds(10);
    private static final int CONTROL_PORT = 15_012;
    private static final String ADMIN = "http://127.0.0.1:15000";

    @Override
    public Running start(Place place) throws IOException {
        var netns = place.lab().control().netns();
        var processes = place.lab().processes();
        App.awaitReady(
                processes.start(
                        netns,
                        ProcessSpec.of(
                                "forward",
                                List.of(
                                        App.java(),
                                        "-XX:TieredStopAtLevel=1",
                                        "-Xmx64m",
                                        "-cp",
                                        System.getProperty("java.class.path"),
                                        Forward.class.getName(),
                                        String.valueOf(CONTROL_PORT),
                                        place.xds().toString()))));
        return processes.start(
                netns,
                place.pinned(
                        ProcessSpec.of(
                                        "waypoint",
                                        AmbitCommand.of("waypoint", "--concurrency", "1"))
                                .with(environment(place))));
    }

    private static Map<String, String> environment(Place place) throws IOException {
        JsonObject metadata = place.node().getAsJsonObject("metadata");
        var roots = place.files().resolve("root.pem");
        Files.writeString(roots, place.authority().trustPem());
        var token = place.files().resolve("token");
        Files.writeString(token, "none");
        var all = new LinkedHashMap<String, String>();
        for (var name : List.of("CLUSTER_ID", "NETWORK", "MESH_ID", "WORKLOAD_NAME", "OWNER")) {
            if (metadata.has(name)) {
                all.put("ISTIO_META_" + name, metadata.get(name).getAsString());
            }
        }
        all.put("POD_NAME", metadata.get("NAME").getAsString());
        all.put("POD_NAMESPACE", metadata.get("NAMESPACE").getAsString());
        all.put("SERVICE_ACCOUNT", metadata.get("SERVICE_ACCOUNT").getAsString());
        all.put("INSTANCE_IP", place.node().get("id").getAsString().split("~", -1)[1]);
        all.put("TRUST_DOMAIN", "cluster.local");
        all.put("XDS_ADDRESS", "https://localhost:" + CONTROL_PORT);
        all.put("CA_ADDRESS", "https://localhost:" + CONTROL_PORT);
        all.put("XDS_ROOT_CA", roots.toString());
        all.put("CA_ROOT_CA", roots.toString());
        all.put("AUTH_TOKEN", token.toString());
        return all;
    }

    @Override
    public boolean vanilla() {
        return false;
    }

    @Override
    public boolean tls() {
        return true;
    }

    @Override
    public boolean ready(Place place) {
        return place.lab()
                .control()
                .netns()
                .inside("curl", "--silent", "--fail", "--max-time", "5", ADMIN + "/ready")
                .attempt(CALL)
                .ok();
    }

    /// It says so by NACK alone.
    @Override
    public List<String> refused(Place place) {
        return List.of();
    }

    @Override
    public String admin(Place place, String path) {
        return place.lab()
                .control()
                .netns()
                .inside("curl", "--silent", "--max-time", "5", ADMIN + path)
                .attempt(CALL)
                .out();
    }
}
