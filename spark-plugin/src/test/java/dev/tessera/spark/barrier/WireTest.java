package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import dev.tessera.models.train.CollectiveException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.junit.jupiter.api.Test;

/** Messages make what they may, and nothing else. */
class WireTest {

  private static final AttemptId ATTEMPT = new AttemptId("run", 1);
  private static final GangMessage REGISTER =
      new GangMessage.Register(ATTEMPT, 3, "host", 7400, 12345);

  private static Object told(Object message) {
    return Wire.decode(Wire.encode(message), WireTest.class.getClassLoader());
  }

  @Test
  void messagesOfOursArriveAsTheyWere() {
    assertThat(Wire.decodeOwn(Wire.encode(REGISTER), GangMessage.class)).isEqualTo(REGISTER);
    GangReply.Waiting waiting = new GangReply.Waiting(new ArrayList<>(List.of(1, 2)));
    assertThat(Wire.decodeOwn(Wire.encode(waiting), GangReply.class)).isEqualTo(waiting);
    RankPlace place = new RankPlace(0, 0, "host", 7400, 1);
    GangReply.Assigned assigned = new GangReply.Assigned(0, List.of(place), new byte[] {1});
    assertThat(Wire.decodeOwn(Wire.encode(assigned), GangReply.Assigned.class).places())
        .containsExactly(place);
  }

  @Test
  void whatTasksTellArrivesAsItWas() {
    for (Object each :
        List.of(
            "text",
            List.of(1, 2.5, true),
            new TreeMap<>(Map.of("loss", 1.5)),
            Map.of("a", List.of()),
            Arrays.asList("x", null),
            ATTEMPT)) {
      assertThat(told(each)).isEqualTo(each);
    }
    CollectiveException failure =
        new CollectiveException("lost", new IOException("reset", new UserException("data.path")));
    assertThat((Throwable) told(failure))
        .isInstanceOf(CollectiveException.class)
        .hasMessage("lost")
        .hasRootCauseMessage("data.path");
  }

  @Test
  void classesThatNoMessageHoldsAreRefused() throws Exception {
    List<Object> foreign =
        List.of(
            new PriorityQueue<>(List.of("a")),
            new ConcurrentSkipListMap<>(Map.of("a", "b")),
            URI.create("http://localhost/").toURL(),
            Runtime.class,
            new ArrayList<>(List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1))));
    for (Object each : foreign) {
      assertThatThrownBy(() -> told(each))
          .as(each.toString())
          .hasMessageContaining("Cannot read a message of the gang: filter status: REJECTED");
    }
    byte[] exception = Wire.encode(new IOException("of a task"));
    assertThatThrownBy(() -> Wire.decodeOwn(exception, GangMessage.class))
        .hasMessageContaining("filter status: REJECTED");
    byte[] text = Wire.encode("text");
    assertThatThrownBy(() -> Wire.decodeOwn(text, GangMessage.class))
        .hasMessage("Cannot read a message of the gang: java.lang.String is no GangMessage");
  }

  @Test
  void anArrayThatClaimsTwoBillionElementsIsRefusedUnmade() {
    byte[] encoded = Wire.encode(new int[] {0x12345678});
    ByteBuffer.wrap(encoded).putInt(encoded.length - 8, Integer.MAX_VALUE);
    assertThatThrownBy(() -> Wire.decode(encoded, WireTest.class.getClassLoader()))
        .hasMessageContaining("filter status: REJECTED");
  }

  @Test
  void depthIsBounded() {
    Object[] deep = new Object[1];
    for (int i = 0; i < 1000; i++) {
      deep = new Object[] {deep};
    }
    byte[] encoded = Wire.encode(deep);
    assertThatThrownBy(() -> Wire.decode(encoded, WireTest.class.getClassLoader()))
        .hasMessageContaining("filter status: REJECTED");
  }

  @Test
  void mutatedMessagesEndInAnExceptionAtMost() {
    Random random = new Random(4);
    byte[] encoded = Wire.encode(REGISTER);
    for (int i = 0; i < 20_000; i++) {
      byte[] mutated = encoded.clone();
      for (int j = random.nextInt(4); j >= 0; j--) {
        mutated[random.nextInt(mutated.length)] = (byte) random.nextInt();
      }
      try {
        assertThat(Wire.decodeOwn(mutated, GangMessage.class)).isNotNull();
      } catch (RuntimeException e) {
        // No Error, which would end the driver.
      }
    }
  }
}
