package dev.ambit.control.l7;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.ambit.control.Recordings;
import java.io.IOException;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class EnvoyTypesTest {
    /// Else a comparison with what istiod sent would compare less than all of it.
    @Test
    void everyRecordedResource_isReadWhole() throws IOException {
        assumeThat(Recordings.directory()).as("recordings").isPresent();
        var unread = new ArrayList<String>();
        int read = 0;
        for (var recorded : WaypointRecordings.all()) {
            for (var type : WaypointRecordings.Type.values()) {
                try {
                    read += WaypointRecordings.resources(recorded, type).size();
                } catch (IOException e) {
                    unread.add(type + " " + e.getMessage());
                }
            }
        }
        assertThat(unread).isEmpty();
        assertThat(read).isGreaterThan(1_000);
    }
}
