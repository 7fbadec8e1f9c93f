// What a host may ask of the web server (abi/web.ts, WebCall).

import { WEB_CONNECTIONS } from "profile";
import { Errno } from "../../abi/errno";
import { WebCall, WebNeed } from "../../abi/web";
import { tellAgain } from "../../socket/inside";
import { connectionAt, Stage, WebConnection, WebFlag } from "./connection";
import { answerFromHost, commitFromHost, roomForHost, takeNeedy, tellNeed } from "./needs";
import { beginNext, lose, startServer, stopServer } from "./server";

export function call(operation: u32, a: u32, b: u32, c: u32, d: u32): i32 {
  switch (operation) {
    case WebCall.START:
      return startServer(a, b);
    case WebCall.STOP:
      return stopServer();
    case WebCall.NEXT:
      return next();
    case WebCall.ANSWER:
      return answerFromHost(a, b, c, d);
    case WebCall.ROOM:
      return roomForHost(a);
    case WebCall.COMMIT:
      return commitFromHost(a, b);
    case WebCall.BREAK_OFF:
      return breakOff(a);
    default:
      return -Errno.EOPNOTSUPP;
  }
}

function next(): i32 {
  const connection = takeNeedy();
  if (!connection) return -1;
  const number = tellNeed(connection);
  const isReport = connection.need == WebNeed.REPORT;
  connection.need = 0;
  if (isReport) goOn(connection);
  return number;
}

// The host has its report, so that the next request may be read.
function goOn(connection: WebConnection): void {
  const isGone = connection.has(WebFlag.GONE);
  beginNext(connection);
  if (!isGone) tellAgain(connection.socket);
}

// The host cannot go on with a page.
function breakOff(number: u32): i32 {
  if (number >= WEB_CONNECTIONS) return -Errno.EINVAL;
  const connection = connectionAt(number);
  if (connection.stage != Stage.BODY) return -Errno.EINVAL;
  lose(connection);
  return 0;
}
