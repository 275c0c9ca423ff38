"""What every stable code of Tercel itself means: title, cause and cure. Codes are never given a new meaning.

``tercel explain`` shows this table together with the warehouse's (T5xx) and the destinations' (T4xx), which it does not
import: :mod:`tercel.cli.catalogue` puts them together.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Explanation(NamedTuple):
    """What a code means, for the person who meets it."""

    title: str
    cause: str
    cure: str


CATALOGUE: Final[dict[str, Explanation]] = {
    "T000": Explanation(
        "An error without a code of its own",
        "Something happened that nobody foresaw. What was accepted is safe: it stays in Redis until it is delivered.",
        "Run the command again with --debug (tercel --debug ...), which shows where it comes from, and report it.",
    ),
    "T100": Explanation(
        "What was asked for cannot be done as asked",
        "An option, a name or a combination of them does not fit.",
        "The message says which. `tercel COMMAND --help` shows what there is.",
    ),
    "T101": Explanation(
        "A setting is missing or wrong",
        "tercel.toml, or a TERCEL_* variable laid over it, holds something that cannot be.",
        "The message names the setting and where it stands. `tercel settings` shows what is in force, "
        "`tercel check` whether it works.",
    ),
    "T102": Explanation(
        "A field mapping cannot work",
        "The mapping names a column that the file does not have, an attribute name that cannot be, or contradicts "
        "itself.",
        "The message names the place and the nearest column. Correct --map or the mapping file.",
    ),
    "T103": Explanation(
        "A file cannot be read as what it is said to be",
        "It does not exist, is damaged, is in another format or encoding, or was changed since an unfinished run of "
        "the same command began.",
        "The message names the file. Put it right and give the same command again: it goes on where it was.",
    ),
    "T104": Explanation(
        "The database refuses the query of a sync",
        "A table or column does not exist, the user may not read it, or the SQL has a mistake. Nothing was sent, and "
        "nothing was taken for gone.",
        "The message has the database's own words. Try the query in its own client, as the same user, then "
        "`tercel sync preview NAME`.",
    ),
    "T200": Explanation(
        "Something that Tercel needs does not answer",
        "A server is down, or the network in between is.",
        "The message says which. `tercel check` looks at all of them. Nothing that was accepted is lost meanwhile.",
    ),
    "T201": Explanation(
        "Redis does not answer, or refuses",
        "It does not run, its address or password is wrong, it is full, or it still loads its data.",
        "The message says which. Without a redis_url, `tercel up` and `tercel worker` start a Redis of their own.",
    ),
    "T202": Explanation(
        "The store does not answer, or refuses",
        "The database does not run, its address or password is wrong, or its tables are those of another version.",
        "The message says which. Tables are brought up to date by `tercel db upgrade`.",
    ),
    "T203": Explanation(
        "The destination does not answer, or refuses",
        "The deployment's url is wrong, the network does not let us through, or the destination is down.",
        "`tercel check` says which. Records wait on their lanes until it answers.",
    ),
    "T204": Explanation(
        "The database that a sync reads does not answer",
        "It does not run, its address or password is wrong, or the connection broke before the last row. Rows that "
        "were not read are never taken for gone.",
        "Check the sync's connection; `tercel sync preview NAME` tries it. The next run starts the query anew.",
    ),
    "T211": Explanation(
        "The Redis server is too old",
        "Tercel's scripts use commands of Redis 6.2.",
        "Use Redis 6.2 or newer, or Valkey; or leave redis_url away and use the one that Tercel brings along.",
    ),
    "T212": Explanation(
        "Redis runs as a cluster",
        "A step of Tercel's touches many keys at once; a cluster spreads them over servers, where that cannot be done.",
        "Use a single Redis, or one with Sentinel (sentinel://...).",
    ),
    "T213": Explanation(
        "This Redis is a replica",
        "A replica refuses writes.",
        "Point redis_url at the master, or at the sentinels (sentinel://...), which know it.",
    ),
    "T214": Explanation(
        "Redis keeps nothing on disk",
        "The append-only file is off: a restart of Redis loses every queued record.",
        "Set `appendonly yes` in redis.conf.",
    ),
    "T215": Explanation(
        "It is not known how Redis writes to its disk",
        "The server hides its settings, as many hosted ones do.",
        "Ask its operator whether `appendfsync` is `always`.",
    ),
    "T216": Explanation(
        "Redis may lose the last second or two",
        "With `appendfsync everysec` a killed Redis has lost acknowledged writes in 1 kill of 10 to 15.",
        "Set `appendfsync always`; bulk pushes get about 25% slower. Or accept it, where the input can be sent again.",
    ),
    "T217": Explanation(
        "Redis leaves writing to the system",
        "With `appendfsync no` a power cut loses what was not written yet, often 30 seconds.",
        "Set `appendfsync always`.",
    ),
    "T218": Explanation(
        "A full Redis may drop queued records",
        "Its maxmemory-policy evicts keys, and queued records are keys.",
        "Set `maxmemory-policy noeviction`: a full Redis then refuses, and producers wait.",
    ),
    "T219": Explanation(
        "Redis has no memory limit",
        "A long backlog can use up the machine's memory, and the system then kills something.",
        "Set `maxmemory`; producers stop before it is reached.",
    ),
    "T220": Explanation(
        "Redis is nearly full",
        "Less than a fifth of maxmemory is free. A full Redis cannot even drain: taking a record off needs memory too.",
        "Raise `maxmemory`, stop producers, or raise the rate at which records are delivered.",
    ),
    "T221": Explanation(
        "A failover may lose the last writes",
        "Replication is asynchronous: the new master may not have seen what the old one acknowledged.",
        "Accept it, or send the input of the last seconds again after a failover: that is harmless.",
    ),
    "T230": Explanation(
        "No worker answers",
        "No worker process is connected to this Redis, or those there are hang. Records wait on their lanes.",
        "Start one with `tercel worker` (or `tercel up`), with the same settings; see its log if it should be running.",
    ),
    "T231": Explanation(
        "More comes in than the limit lets out",
        "Events, sessions, audiences and profiles that run rules take a request each, and more of them arrive than the "
        "deployment's rate allows requests. The rest waits on its lanes: nothing is lost, but it arrives ever later.",
        "Have the limit raised at the destination and set the deployment's rate to it, or send fewer of them: leave "
        "events out by a trigger, and send profiles without the rule engine, a thousand of which travel as one "
        "request. A short peak needs nothing: `tercel status` says when the backlog will be gone.",
    ),
    "T301": Explanation(
        "A lane is full",
        "It holds more records than its high-water mark (lanes.high_water); waiting ones count. Nothing was enqueued.",
        "Wait: producers go on by themselves when workers have made room. `tercel status` shows whether they do.",
    ),
    "T302": Explanation(
        "Another process works on this run",
        "Two processes were given the same command at the same time. Nothing was sent twice.",
        "Let the other one finish. If there is none, give the command again: it goes on where the run is.",
    ),
    "T303": Explanation(
        "Another worker has taken over this call",
        "This worker held the call longer than its lease without a sign of life. Nothing was changed.",
        "Nothing to do. If it happens often, the machine is overloaded: fewer threads, or a longer delivery.lease_s.",
    ),
    "T304": Explanation(
        "Another process is at work on this sync",
        "Two runs of one sync never overlap: the second would compare with a state that the first is just changing.",
        "Wait until `tercel sync history NAME` shows its end, or stop it with `tercel sync cancel NAME`.",
    ),
    "T310": Explanation(
        "Given up after the time limit",
        "The call still failed after delivery.give_up_after_s (a day by default); its last reason is in the rejection.",
        "Remove the cause, then replay the rejections.",
    ),
    "T311": Explanation(
        "Revoked by hand in Flower",
        "Somebody revoked the call's task; its records became rejections.",
        "Replay them if that was a mistake: tercel rejected replay --code T311.",
    ),
    "T312": Explanation(
        "Halted: most records were rejected for one reason",
        "Suddenly most of a lane's records were refused for one and the same reason. It is likely that a setting is "
        "wrong, not the records: an attribute that does not exist yet, for instance. Everything else waits.",
        "The halt names the reason's code. Remove the cause, `tercel resume DEPLOYMENT`, then replay the rejections.",
    ),
    "T313": Explanation(
        "Refused, and cannot be split further",
        "The destination refused the call without saying what is wrong in it; halved again and again, this is what "
        "stood alone.",
        "See the answer kept with the rejection, correct the record at its source and send it again.",
    ),
    "T314": Explanation(
        "Workers crashed over this record",
        "Several worker processes ended while they had this record in hand, alone, and never answered for it.",
        "Look at the workers' logs (memory?), and report the record if it is unusual. Replay it when that is solved.",
    ),
    "T315": Explanation(
        "Another worker is creating the audience",
        "Two calls need the same new audience; one of them creates it, the other waits so that there is only one.",
        "Nothing to do: the call is tried again in a moment, and knows the audience's id then.",
    ),
    "T316": Explanation(
        "Paused by hand",
        "Somebody gave `tercel pause`. Everything waits, nothing is lost.",
        "`tercel resume DEPLOYMENT` goes on.",
    ),
    "T317": Explanation(
        "Merged records are tried one by one",
        "Several updates of one profile travelled as one item, and the destination refused it. Each is now sent on its "
        "own, in order, to find out which one is bad.",
        "Nothing to do: only the bad one becomes a rejection.",
    ),
    "T320": Explanation(
        "A message on a lane cannot be read",
        "Something other than Tercel wrote it, or a version whose messages this one does not know.",
        "Let producers send through Tercel, or as its Celery tasks enqueue.*; update the workers before the producers.",
    ),
    "T321": Explanation(
        "A Celery task handed in something that is no record",
        "A message for one of the tasks enqueue.* named an unknown deployment or urgency, or its data is not a record.",
        "The reason names the fields. Correct the sender; the data is kept with the rejection.",
    ),
    "T330": Explanation(
        "The balance does not close",
        "The counters of a run or deployment do not add up, or do not agree with what lies in the lanes: a lane was "
        "purged by hand, Redis lost data, or there is a mistake in Tercel.",
        "After a purge: `tercel lanes repair DEPLOYMENT`. After a loss of data: send the run's input again, which is "
        "harmless. Otherwise please report it.",
    ),
    "T331": Explanation(
        "A session's callback failed",
        "The session was delivered, but its answer could not be posted where its sender has asked for it: no "
        "connection, no answer in 5 seconds, an answer other than 2xx (redirects are not followed), three times over; "
        "or the key, the correlation id or the API's answer cannot be sent on.",
        "See whether the callback's host answers POST requests from the workers. The answer is not kept; a session "
        "that is sent again is answered again.",
    ),
    "T332": Explanation(
        "A session's callback is not allowed",
        "The session was delivered, but its answer may not be posted where its sender has asked for it: the host is "
        "not among receiver.callback_hosts, the address is not https, or the name leads to a private address and is "
        "not listed in full.",
        "If the address is right, add its host to receiver.callback_hosts, also in the settings of the workers (or set "
        "receiver.callback_allow_http), and restart them.",
    ),
    "T901": Explanation(
        "A stand-in did not start",
        "The sandbox's stand-in of a destination ended, or said nothing in time; its last words are in the message.",
        "See whether the machine is overloaded or the port taken, then try again.",
    ),
}
