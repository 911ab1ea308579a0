package dev.ambit.control.xds;

import com.google.protobuf.Struct;

/// One moment of the mesh, as each kind of client is sent it. Safe for use by many threads.
public interface Views {
    /// For ztunnels: everything.
    Snapshot mesh();

    /// For one waypoint: what concerns it. May take as long as working that out takes.
    Snapshot waypoint(Waypoint waypoint);

    /// @param id of the xDS node, `waypoint~ip~pod.namespace~domain`
    /// @param metadata of the xDS node, its namespace and account proven
    record Waypoint(String id, Struct metadata) {}

    /// A moment without waypoints.
    static Views of(Snapshot mesh) {
        return new Views() {
            @Override
            public Snapshot mesh() {
                return mesh;
            }

            @Override
            public Snapshot waypoint(Waypoint waypoint) {
                return new Snapshot(java.util.Map.of());
            }
        };
    }
}
