// MQTT over a stack: the client of `mqtt` is given a function that makes its stream.

import { MqttClient } from "mqtt";
import type { Stack } from "../stack.ts";
import { type Example, runAsProgram } from "./example.ts";

/** A client of a broker; it connects by itself, and again when it has to. */
export function mqttOver(stack: Stack, host: string, port = 1883): MqttClient {
  return new MqttClient(() => stack.net.connect(port, host), { protocolVersion: 4 });
}

/** Subscribes, and publishes at each quality of service; a will is left to be told when one goes without a word. */
export const mqttExample: Example = async (stack, host) => {
  const [sensor, display] = [mqttOver(stack, host), mqttOver(stack, host)];
  try {
    await Promise.all([sensor, display].map(connected));
    await display.subscribeAsync("thimble/#", { qos: 2 });
    const readings: string[] = [];
    const all = new Promise<void>((resolve) => {
      display.on("message", (topic, payload) => {
        if (readings.push(`${topic.slice(8)}=${payload.length}`) === 3) resolve();
      });
    });
    for (const qos of [0, 1, 2] as const) {
      await sensor.publishAsync(`thimble/qos${qos}`, Buffer.alloc(10 ** (qos + 3)), { qos });
    }
    await all;
    return `mqtt: ${readings.sort().join(", ")}`;
  } finally {
    await Promise.all([sensor, display].map((client) => client.endAsync()));
  }
};

function connected(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once("connect", () => resolve()));
}

await runAsProgram(import.meta.url, mqttExample);
