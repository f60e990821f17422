-- A ledger of schema 1 in the middle of its business: it has sold confirmed shares at the average
-- cost of these and of shares bought but not yet settled.
PRAGMA application_id = 1347505223;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL
        CHECK (kind IN ('capital', 'cash', 'reserved', 'position', 'fees', 'pnl')),
    strategy TEXT NOT NULL,
    token TEXT NOT NULL,
    balance INTEGER NOT NULL
) STRICT;
INSERT INTO "accounts" VALUES(1,'cash:scalp-a','cash','scalp-a','',491983761);
INSERT INTO "accounts" VALUES(2,'capital:scalp-a','capital','scalp-a','',-500000000);
INSERT INTO "accounts" VALUES(3,'cash:scalp-b','cash','scalp-b','',498948694);
INSERT INTO "accounts" VALUES(4,'capital:scalp-b','capital','scalp-b','',-499383222);
INSERT INTO "accounts" VALUES(5,'cash:value','cash','value','',493728731);
INSERT INTO "accounts" VALUES(6,'capital:value','capital','value','',-496991809);
INSERT INTO "accounts" VALUES(7,'reserved:scalp-a','reserved','scalp-a','',3611874);
INSERT INTO "accounts" VALUES(8,'position:scalp-a:514','position','scalp-a','514',2622318);
INSERT INTO "accounts" VALUES(9,'fees:scalp-a','fees','scalp-a','',89430);
INSERT INTO "accounts" VALUES(10,'reserved:value','reserved','value','',1405734);
INSERT INTO "accounts" VALUES(11,'position:value:257','position','value','257',1749894);
INSERT INTO "accounts" VALUES(12,'fees:value','fees','value','',107450);
INSERT INTO "accounts" VALUES(13,'reserved:scalp-b','reserved','scalp-b','',434528);
INSERT INTO "accounts" VALUES(14,'pnl:scalp-a','pnl','scalp-a','',1692617);
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    lines INTEGER NOT NULL CHECK (lines >= 2)
) STRICT;
INSERT INTO "entries" VALUES(2,2);
INSERT INTO "entries" VALUES(4,2);
INSERT INTO "entries" VALUES(6,2);
INSERT INTO "entries" VALUES(7,2);
INSERT INTO "entries" VALUES(11,4);
INSERT INTO "entries" VALUES(14,2);
INSERT INTO "entries" VALUES(18,2);
INSERT INTO "entries" VALUES(22,2);
INSERT INTO "entries" VALUES(26,2);
INSERT INTO "entries" VALUES(32,4);
INSERT INTO "entries" VALUES(34,2);
INSERT INTO "entries" VALUES(38,2);
INSERT INTO "entries" VALUES(42,2);
INSERT INTO "entries" VALUES(43,4);
INSERT INTO "entries" VALUES(50,4);
INSERT INTO "entries" VALUES(51,2);
INSERT INTO "entries" VALUES(59,4);
INSERT INTO "entries" VALUES(61,2);
INSERT INTO "entries" VALUES(63,4);
INSERT INTO "entries" VALUES(65,2);
INSERT INTO "entries" VALUES(68,2);
CREATE TABLE epochs (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    strategy TEXT NOT NULL,
    kind TEXT NOT NULL,
    epoch TEXT NOT NULL,
    parameters TEXT NOT NULL
) STRICT;
INSERT INTO "epochs" VALUES(1,'scalp-a','scalp_s1','612ff6d048d07be5','bet = 5');
INSERT INTO "epochs" VALUES(3,'scalp-b','scalp_s1','c5bad233b3df6746','bet = 5');
INSERT INTO "epochs" VALUES(5,'value','scalp_s1','337034fe2a5e2594','bet = 5');
INSERT INTO "epochs" VALUES(40,'scalp-b','scalp_s1','60e6b5dd2cc0c819','bet = 6');
INSERT INTO "epochs" VALUES(62,'scalp-b','scalp_s1','0312bec9b127fce1','bet = 6');
CREATE TABLE evaluation_reasons (
    seq INTEGER NOT NULL REFERENCES evaluations (seq),
    reason TEXT NOT NULL,
    times INTEGER NOT NULL CHECK (times > 0),
    PRIMARY KEY (seq, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE evaluations (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    strategy TEXT NOT NULL,
    epoch TEXT NOT NULL,
    asset TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    length_s INTEGER NOT NULL,
    last_reason TEXT NOT NULL,
    total INTEGER NOT NULL
) STRICT;
CREATE TABLE facts (
    seq INTEGER PRIMARY KEY CHECK (seq > 0),
    utc_ns INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
INSERT INTO "facts" VALUES(1,1776000000137000000,'epoch_opened','strategy=scalp-a	kind=scalp_s1	epoch=7003087320019663845	parameters=bet = 5');
INSERT INTO "facts" VALUES(2,1776000000274000000,'capital_moved','strategy=scalp-a	amount=500000000	note=start');
INSERT INTO "facts" VALUES(3,1776000000411000000,'epoch_opened','strategy=scalp-b	kind=scalp_s1	epoch=14247931490642913094	parameters=bet = 5');
INSERT INTO "facts" VALUES(4,1776000000548000000,'capital_moved','strategy=scalp-b	amount=500000000	note=start');
INSERT INTO "facts" VALUES(5,1776000000685000000,'epoch_opened','strategy=value	kind=scalp_s1	epoch=3706520759563068820	parameters=bet = 5');
INSERT INTO "facts" VALUES(6,1776000000822000000,'capital_moved','strategy=value	amount=500000000	note=start');
INSERT INTO "facts" VALUES(7,1776000000959000000,'order_placed','order=0x0000000000000000000000000000000000000000000000000000000000000000	strategy=scalp-a	market=0x0000000000000000000000000000000000000000000000000000000000000002	token=514	outcome=DOWN	asset=BTC	side=BUY	limit=530000	size=3215397	tif=GTC	post_only=0	cancel_at=-	seen_price=530000	win_probability=0	edge=0	decided_at=0	input_seq=0	seen_spot=0	seen_strike=0	reserved=1760231	slug=btc-updown-5m-1776000600');
INSERT INTO "facts" VALUES(8,1776000001096000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000000	strategy=scalp-a	from=created	to=journaled	reason=order_sent	reserved_left=1760231	text=');
INSERT INTO "facts" VALUES(9,1776000001233000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000000	strategy=scalp-a	from=journaled	to=sent	reason=order_sent	reserved_left=1760231	text=');
INSERT INTO "facts" VALUES(10,1776000001370000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000000	strategy=scalp-a	from=sent	to=delayed	reason=order_sent	reserved_left=1760231	text=answer');
INSERT INTO "facts" VALUES(11,1776000001507000000,'trade_matched','trade=t1	order=0x0000000000000000000000000000000000000000000000000000000000000000	token=514	side=BUY	price=530000	size=3215397	fee=56060	maker=0	state=matched	matched_at=0	strategy=scalp-a	market=0x0000000000000000000000000000000000000000000000000000000000000002	outcome=DOWN	cost=1704161	reserved_left=0	fill_latency=0	seen_price=530000');
INSERT INTO "facts" VALUES(12,1776000001644000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000000	strategy=scalp-a	from=delayed	to=matched	reason=order_sent	reserved_left=0	text=');
INSERT INTO "facts" VALUES(13,1776000001781000000,'trade_changed','trade=t1	order=0x0000000000000000000000000000000000000000000000000000000000000000	strategy=scalp-a	from=matched	to=retrying');
INSERT INTO "facts" VALUES(14,1776000001918000000,'order_placed','order=0x0000000000000000000000000000000000000000000000000000000000000001	strategy=scalp-a	market=0x0000000000000000000000000000000000000000000000000000000000000002	token=514	outcome=DOWN	asset=BTC	side=BUY	limit=420000	size=8264152	tif=GTC	post_only=0	cancel_at=-	seen_price=420000	win_probability=0	edge=0	decided_at=0	input_seq=0	seen_spot=0	seen_strike=0	reserved=3611874	slug=btc-updown-5m-1776000600');
INSERT INTO "facts" VALUES(15,1776000002055000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000001	strategy=scalp-a	from=created	to=journaled	reason=order_sent	reserved_left=3611874	text=');
INSERT INTO "facts" VALUES(16,1776000002192000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000001	strategy=scalp-a	from=journaled	to=sent	reason=order_sent	reserved_left=3611874	text=');
INSERT INTO "facts" VALUES(17,1776000002329000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000001	strategy=scalp-a	from=sent	to=live	reason=order_sent	reserved_left=3611874	text=answer');
INSERT INTO "facts" VALUES(18,1776000002466000000,'order_placed','order=0x0000000000000000000000000000000000000000000000000000000000000002	strategy=scalp-a	market=0x0000000000000000000000000000000000000000000000000000000000000002	token=514	outcome=DOWN	asset=BTC	side=BUY	limit=870000	size=3160743	tif=FOK	post_only=0	cancel_at=-	seen_price=870000	win_probability=0	edge=0	decided_at=0	input_seq=0	seen_spot=0	seen_strike=0	reserved=2774877	slug=btc-updown-5m-1776000600');
INSERT INTO "facts" VALUES(19,1776000002603000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000002	strategy=scalp-a	from=created	to=journaled	reason=order_sent	reserved_left=2774877	text=');
INSERT INTO "facts" VALUES(20,1776000002740000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000002	strategy=scalp-a	from=journaled	to=sent	reason=order_sent	reserved_left=2774877	text=');
INSERT INTO "facts" VALUES(21,1776000002877000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000002	strategy=scalp-a	from=sent	to=delayed	reason=order_sent	reserved_left=2774877	text=answer');
INSERT INTO "facts" VALUES(22,1776000003014000000,'order_placed','order=0x0000000000000000000000000000000000000000000000000000000000000003	strategy=value	market=0x0000000000000000000000000000000000000000000000000000000000000001	token=257	outcome=UP	asset=BTC	side=BUY	limit=130000	size=10084327	tif=GTC	post_only=0	cancel_at=-	seen_price=130000	win_probability=0	edge=0	decided_at=0	input_seq=0	seen_spot=0	seen_strike=0	reserved=1390803	slug=btc-updown-5m-1776000300');
INSERT INTO "facts" VALUES(23,1776000003151000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000003	strategy=value	from=created	to=journaled	reason=order_sent	reserved_left=1390803	text=');
INSERT INTO "facts" VALUES(24,1776000003288000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000003	strategy=value	from=journaled	to=sent	reason=order_sent	reserved_left=1390803	text=');
INSERT INTO "facts" VALUES(25,1776000003425000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000003	strategy=value	from=sent	to=live	reason=order_sent	reserved_left=1390803	text=answer');
INSERT INTO "facts" VALUES(26,1776000003562000000,'order_placed','order=0x0000000000000000000000000000000000000000000000000000000000000004	strategy=value	market=0x0000000000000000000000000000000000000000000000000000000000000001	token=257	outcome=UP	asset=BTC	side=BUY	limit=150000	size=13345594	tif=GTC	post_only=0	cancel_at=-	seen_price=150000	win_probability=0	edge=0	decided_at=0	input_seq=0	seen_spot=0	seen_strike=0	reserved=2120950	slug=btc-updown-5m-1776000300');
INSERT INTO "facts" VALUES(27,1776000003699000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000004	strategy=value	from=created	to=journaled	reason=order_sent	reserved_left=2120950	text=');
INSERT INTO "facts" VALUES(28,1776000003836000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000004	strategy=value	from=journaled	to=sent	reason=order_sent	reserved_left=2120950	text=');
INSERT INTO "facts" VALUES(29,1776000003973000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000004	strategy=value	from=sent	to=live	reason=order_sent	reserved_left=2120950	text=answer');
INSERT INTO "facts" VALUES(30,1776000004110000000,'trade_changed','trade=t1	order=0x0000000000000000000000000000000000000000000000000000000000000000	strategy=scalp-a	from=retrying	to=confirmed');
INSERT INTO "facts" VALUES(31,1776000004247000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000000	strategy=scalp-a	from=matched	to=confirmed	reason=order_sent	reserved_left=0	text=');
INSERT INTO "facts" VALUES(32,1776000004384000000,'trade_matched','trade=t2	order=0x0000000000000000000000000000000000000000000000000000000000000003	token=257	side=BUY	price=110000	size=9165293	fee=62800	maker=0	state=matched	matched_at=0	strategy=value	market=0x0000000000000000000000000000000000000000000000000000000000000001	outcome=UP	cost=1008183	reserved_left=126755	fill_latency=0	seen_price=130000');
INSERT INTO "facts" VALUES(33,1776000004521000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000003	strategy=value	from=live	to=partially_filled	reason=order_sent	reserved_left=126755	text=');
INSERT INTO "facts" VALUES(34,1776000004658000000,'order_placed','order=0x0000000000000000000000000000000000000000000000000000000000000005	strategy=scalp-a	market=0x0000000000000000000000000000000000000000000000000000000000000002	token=514	outcome=DOWN	asset=BTC	side=BUY	limit=560000	size=4544449	tif=FAK	post_only=0	cancel_at=-	seen_price=560000	win_probability=0	edge=0	decided_at=0	input_seq=0	seen_spot=0	seen_strike=0	reserved=2623282	slug=btc-updown-5m-1776000600');
INSERT INTO "facts" VALUES(35,1776000004795000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000005	strategy=scalp-a	from=created	to=journaled	reason=order_sent	reserved_left=2623282	text=');
INSERT INTO "facts" VALUES(36,1776000004932000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000005	strategy=scalp-a	from=journaled	to=sent	reason=order_sent	reserved_left=2623282	text=');
INSERT INTO "facts" VALUES(37,1776000005069000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000005	strategy=scalp-a	from=sent	to=live	reason=order_sent	reserved_left=2623282	text=answer');
INSERT INTO "facts" VALUES(38,1776000005206000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000005	strategy=scalp-a	from=live	to=cancelled	reason=cancelled	reserved_left=0	text=');
INSERT INTO "facts" VALUES(39,1776000005343000000,'trade_changed','trade=t2	order=0x0000000000000000000000000000000000000000000000000000000000000003	strategy=value	from=matched	to=confirmed');
INSERT INTO "facts" VALUES(40,1776000005480000000,'epoch_opened','strategy=scalp-b	kind=scalp_s1	epoch=6982468233827764249	parameters=bet = 6');
INSERT INTO "facts" VALUES(41,1776000005617000000,'trading_state_changed','strategy=value	halted=1	reason=kill_switch	text=test');
INSERT INTO "facts" VALUES(42,1776000005754000000,'capital_moved','strategy=scalp-b	amount=-616778	note=out');
INSERT INTO "facts" VALUES(43,1776000005891000000,'trade_matched','trade=t3	order=0x0000000000000000000000000000000000000000000000000000000000000002	token=514	side=BUY	price=860000	size=121702	fee=1020	maker=0	state=matched	matched_at=0	strategy=scalp-a	market=0x0000000000000000000000000000000000000000000000000000000000000002	outcome=DOWN	cost=104664	reserved_left=2668036	fill_latency=0	seen_price=870000');
INSERT INTO "facts" VALUES(44,1776000006028000000,'trade_changed','trade=t3	order=0x0000000000000000000000000000000000000000000000000000000000000002	strategy=scalp-a	from=matched	to=mined');
INSERT INTO "facts" VALUES(45,1776000006165000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000002	strategy=scalp-a	from=delayed	to=matched	reason=order_sent	reserved_left=2668036	text=');
INSERT INTO "facts" VALUES(46,1776000006302000000,'order_placed','order=0x0000000000000000000000000000000000000000000000000000000000000006	strategy=scalp-a	market=0x0000000000000000000000000000000000000000000000000000000000000002	token=514	outcome=DOWN	asset=BTC	side=SELL	limit=30000	size=3215397	tif=FAK	post_only=0	cancel_at=-	seen_price=30000	win_probability=0	edge=0	decided_at=0	input_seq=0	seen_spot=0	seen_strike=0	reserved=0	slug=btc-updown-5m-1776000600');
INSERT INTO "facts" VALUES(47,1776000006439000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000006	strategy=scalp-a	from=created	to=journaled	reason=order_sent	reserved_left=0	text=');
INSERT INTO "facts" VALUES(48,1776000006576000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000006	strategy=scalp-a	from=journaled	to=sent	reason=order_sent	reserved_left=0	text=');
INSERT INTO "facts" VALUES(49,1776000006713000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000006	strategy=scalp-a	from=sent	to=matched	reason=order_sent	reserved_left=0	text=answer');
INSERT INTO "facts" VALUES(50,1776000006850000000,'trade_matched','trade=t4	order=0x0000000000000000000000000000000000000000000000000000000000000002	token=514	side=BUY	price=850000	size=3039041	fee=27120	maker=0	state=matched	matched_at=0	strategy=scalp-a	market=0x0000000000000000000000000000000000000000000000000000000000000002	outcome=DOWN	cost=2583185	reserved_left=0	fill_latency=0	seen_price=870000');
INSERT INTO "facts" VALUES(51,1776000006987000000,'order_placed','order=0x0000000000000000000000000000000000000000000000000000000000000007	strategy=scalp-b	market=0x0000000000000000000000000000000000000000000000000000000000000002	token=513	outcome=UP	asset=BTC	side=BUY	limit=90000	size=295073	tif=FAK	post_only=0	cancel_at=-	seen_price=90000	win_probability=0	edge=0	decided_at=0	input_seq=0	seen_spot=0	seen_strike=0	reserved=28257	slug=btc-updown-5m-1776000600');
INSERT INTO "facts" VALUES(52,1776000007124000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000007	strategy=scalp-b	from=created	to=journaled	reason=order_sent	reserved_left=28257	text=');
INSERT INTO "facts" VALUES(53,1776000007261000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000007	strategy=scalp-b	from=journaled	to=sent	reason=order_sent	reserved_left=28257	text=');
INSERT INTO "facts" VALUES(54,1776000007398000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000007	strategy=scalp-b	from=sent	to=delayed	reason=order_sent	reserved_left=28257	text=answer');
INSERT INTO "facts" VALUES(55,1776000007535000000,'order_placed','order=0x0000000000000000000000000000000000000000000000000000000000000008	strategy=value	market=0x0000000000000000000000000000000000000000000000000000000000000001	token=257	outcome=UP	asset=BTC	side=SELL	limit=680000	size=9165293	tif=FOK	post_only=0	cancel_at=-	seen_price=680000	win_probability=0	edge=0	decided_at=0	input_seq=0	seen_spot=0	seen_strike=0	reserved=0	slug=btc-updown-5m-1776000300');
INSERT INTO "facts" VALUES(56,1776000007672000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000008	strategy=value	from=created	to=journaled	reason=order_sent	reserved_left=0	text=');
INSERT INTO "facts" VALUES(57,1776000007809000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000008	strategy=value	from=journaled	to=sent	reason=order_sent	reserved_left=0	text=');
INSERT INTO "facts" VALUES(58,1776000007946000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000008	strategy=value	from=sent	to=matched	reason=order_sent	reserved_left=0	text=answer');
INSERT INTO "facts" VALUES(59,1776000008083000000,'trade_matched','trade=t5	order=0x0000000000000000000000000000000000000000000000000000000000000004	token=257	side=BUY	price=140000	size=5297935	fee=44650	maker=0	state=matched	matched_at=0	strategy=value	market=0x0000000000000000000000000000000000000000000000000000000000000001	outcome=UP	cost=741711	reserved_left=1278979	fill_latency=0	seen_price=150000');
INSERT INTO "facts" VALUES(60,1776000008220000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000004	strategy=value	from=live	to=partially_filled	reason=order_sent	reserved_left=1278979	text=');
INSERT INTO "facts" VALUES(61,1776000008357000000,'capital_moved','strategy=value	amount=-5447418	note=out');
INSERT INTO "facts" VALUES(62,1776000008494000000,'epoch_opened','strategy=scalp-b	kind=scalp_s1	epoch=221449105164467425	parameters=bet = 6');
INSERT INTO "facts" VALUES(63,1776000008631000000,'trade_matched','trade=t6	order=0x0000000000000000000000000000000000000000000000000000000000000006	token=514	side=SELL	price=30000	size=2569167	fee=5230	maker=0	state=matched	matched_at=0	strategy=scalp-a	market=0x0000000000000000000000000000000000000000000000000000000000000002	outcome=DOWN	cost=77075	reserved_left=0	fill_latency=0	seen_price=30000');
INSERT INTO "facts" VALUES(64,1776000008768000000,'trade_changed','trade=t4	order=0x0000000000000000000000000000000000000000000000000000000000000002	strategy=scalp-a	from=matched	to=confirmed');
INSERT INTO "facts" VALUES(65,1776000008905000000,'capital_moved','strategy=value	amount=2439227	note=in');
INSERT INTO "facts" VALUES(66,1776000009042000000,'trade_changed','trade=t3	order=0x0000000000000000000000000000000000000000000000000000000000000002	strategy=scalp-a	from=mined	to=confirmed');
INSERT INTO "facts" VALUES(67,1776000009179000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000002	strategy=scalp-a	from=matched	to=confirmed	reason=order_sent	reserved_left=0	text=');
INSERT INTO "facts" VALUES(68,1776000009316000000,'order_placed','order=0x0000000000000000000000000000000000000000000000000000000000000009	strategy=scalp-b	market=0x0000000000000000000000000000000000000000000000000000000000000002	token=514	outcome=DOWN	asset=BTC	side=BUY	limit=930000	size=434710	tif=GTC	post_only=0	cancel_at=-	seen_price=930000	win_probability=0	edge=0	decided_at=0	input_seq=0	seen_spot=0	seen_strike=0	reserved=406271	slug=btc-updown-5m-1776000600');
INSERT INTO "facts" VALUES(69,1776000009453000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000009	strategy=scalp-b	from=created	to=journaled	reason=order_sent	reserved_left=406271	text=');
INSERT INTO "facts" VALUES(70,1776000009590000000,'order_changed','order=0x0000000000000000000000000000000000000000000000000000000000000009	strategy=scalp-b	from=journaled	to=sent	reason=order_sent	reserved_left=406271	text=');
CREATE TABLE fills (
    trade TEXT NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (order_id),
    seq INTEGER NOT NULL UNIQUE REFERENCES facts (seq),
    strategy TEXT NOT NULL,
    token TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    price INTEGER NOT NULL,
    shares INTEGER NOT NULL CHECK (shares > 0),
    cost INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    maker INTEGER NOT NULL,
    state TEXT NOT NULL,
    matched_ns INTEGER NOT NULL,
    latency_ms INTEGER NOT NULL,
    basis INTEGER NOT NULL,
    basis_fees INTEGER NOT NULL,
    closes INTEGER NOT NULL,
    bankroll_after INTEGER NOT NULL,
    PRIMARY KEY (order_id, trade)
) STRICT, WITHOUT ROWID;
INSERT INTO "fills" VALUES('t1','0x0000000000000000000000000000000000000000000000000000000000000000',11,'scalp-a','514','BUY',530000,3215397,1704161,56060,0,'confirmed',0,0,1704161,56060,0,499943940);
INSERT INTO "fills" VALUES('t3','0x0000000000000000000000000000000000000000000000000000000000000002',43,'scalp-a','514','BUY',860000,121702,104664,1020,0,'confirmed',0,0,104664,1020,0,499942920);
INSERT INTO "fills" VALUES('t4','0x0000000000000000000000000000000000000000000000000000000000000002',50,'scalp-a','514','BUY',850000,3039041,2583185,27120,0,'confirmed',0,0,2583185,27120,0,499915800);
INSERT INTO "fills" VALUES('t2','0x0000000000000000000000000000000000000000000000000000000000000003',32,'value','257','BUY',110000,9165293,1008183,62800,0,'confirmed',0,0,1008183,62800,0,499937200);
INSERT INTO "fills" VALUES('t5','0x0000000000000000000000000000000000000000000000000000000000000004',59,'value','257','BUY',140000,5297935,741711,44650,0,'matched',0,0,741711,44650,0,499892550);
INSERT INTO "fills" VALUES('t6','0x0000000000000000000000000000000000000000000000000000000000000006',63,'scalp-a','514','SELL',30000,2569167,77075,5230,0,'matched',0,0,1769692,33927,0,498217953);
CREATE TABLE orders (
    order_id TEXT PRIMARY KEY,
    seq INTEGER NOT NULL UNIQUE REFERENCES facts (seq),
    strategy TEXT NOT NULL,
    epoch TEXT NOT NULL,
    market TEXT NOT NULL,
    slug TEXT NOT NULL,
    token TEXT NOT NULL,
    outcome TEXT NOT NULL,
    asset TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
    tif TEXT NOT NULL,
    limit_price INTEGER NOT NULL,
    shares INTEGER NOT NULL,
    seen_price INTEGER NOT NULL,
    seen_spot INTEGER NOT NULL,
    seen_strike INTEGER NOT NULL,
    win_probability REAL,
    edge REAL,
    decided_ns INTEGER NOT NULL,
    input_seq INTEGER NOT NULL,
    reserved_left INTEGER NOT NULL,
    matched INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    venue_text TEXT NOT NULL
) STRICT;
INSERT INTO "orders" VALUES('0x0000000000000000000000000000000000000000000000000000000000000000',7,'scalp-a','612ff6d048d07be5','0x0000000000000000000000000000000000000000000000000000000000000002','btc-updown-5m-1776000600','514','DOWN','BTC','BUY','GTC',530000,3215397,530000,0,0,0.0,0.0,0,0,0,3215397,'confirmed','order_sent','');
INSERT INTO "orders" VALUES('0x0000000000000000000000000000000000000000000000000000000000000001',14,'scalp-a','612ff6d048d07be5','0x0000000000000000000000000000000000000000000000000000000000000002','btc-updown-5m-1776000600','514','DOWN','BTC','BUY','GTC',420000,8264152,420000,0,0,0.0,0.0,0,0,3611874,0,'live','order_sent','answer');
INSERT INTO "orders" VALUES('0x0000000000000000000000000000000000000000000000000000000000000002',18,'scalp-a','612ff6d048d07be5','0x0000000000000000000000000000000000000000000000000000000000000002','btc-updown-5m-1776000600','514','DOWN','BTC','BUY','FOK',870000,3160743,870000,0,0,0.0,0.0,0,0,0,3160743,'confirmed','order_sent','');
INSERT INTO "orders" VALUES('0x0000000000000000000000000000000000000000000000000000000000000003',22,'value','337034fe2a5e2594','0x0000000000000000000000000000000000000000000000000000000000000001','btc-updown-5m-1776000300','257','UP','BTC','BUY','GTC',130000,10084327,130000,0,0,0.0,0.0,0,0,126755,9165293,'partially_filled','order_sent','');
INSERT INTO "orders" VALUES('0x0000000000000000000000000000000000000000000000000000000000000004',26,'value','337034fe2a5e2594','0x0000000000000000000000000000000000000000000000000000000000000001','btc-updown-5m-1776000300','257','UP','BTC','BUY','GTC',150000,13345594,150000,0,0,0.0,0.0,0,0,1278979,5297935,'partially_filled','order_sent','');
INSERT INTO "orders" VALUES('0x0000000000000000000000000000000000000000000000000000000000000005',34,'scalp-a','612ff6d048d07be5','0x0000000000000000000000000000000000000000000000000000000000000002','btc-updown-5m-1776000600','514','DOWN','BTC','BUY','FAK',560000,4544449,560000,0,0,0.0,0.0,0,0,0,0,'cancelled','cancelled','');
INSERT INTO "orders" VALUES('0x0000000000000000000000000000000000000000000000000000000000000006',46,'scalp-a','612ff6d048d07be5','0x0000000000000000000000000000000000000000000000000000000000000002','btc-updown-5m-1776000600','514','DOWN','BTC','SELL','FAK',30000,3215397,30000,0,0,0.0,0.0,0,0,0,2569167,'matched','order_sent','answer');
INSERT INTO "orders" VALUES('0x0000000000000000000000000000000000000000000000000000000000000007',51,'scalp-b','60e6b5dd2cc0c819','0x0000000000000000000000000000000000000000000000000000000000000002','btc-updown-5m-1776000600','513','UP','BTC','BUY','FAK',90000,295073,90000,0,0,0.0,0.0,0,0,28257,0,'delayed','order_sent','answer');
INSERT INTO "orders" VALUES('0x0000000000000000000000000000000000000000000000000000000000000008',55,'value','337034fe2a5e2594','0x0000000000000000000000000000000000000000000000000000000000000001','btc-updown-5m-1776000300','257','UP','BTC','SELL','FOK',680000,9165293,680000,0,0,0.0,0.0,0,0,0,0,'matched','order_sent','answer');
INSERT INTO "orders" VALUES('0x0000000000000000000000000000000000000000000000000000000000000009',68,'scalp-b','0312bec9b127fce1','0x0000000000000000000000000000000000000000000000000000000000000002','btc-updown-5m-1776000600','514','DOWN','BTC','BUY','GTC',930000,434710,930000,0,0,0.0,0.0,0,0,406271,0,'sent','order_sent','');
CREATE TABLE positions (
    strategy TEXT NOT NULL,
    token TEXT NOT NULL,
    market TEXT NOT NULL,
    outcome TEXT NOT NULL,
    shares INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    fees INTEGER NOT NULL,
    realised INTEGER NOT NULL,
    PRIMARY KEY (strategy, token)
) STRICT, WITHOUT ROWID;
INSERT INTO "positions" VALUES('scalp-a','514','0x0000000000000000000000000000000000000000000000000000000000000002','DOWN',3806973,2622318,50273,-1731774);
INSERT INTO "positions" VALUES('value','257','0x0000000000000000000000000000000000000000000000000000000000000001','UP',14463228,1749894,107450,0);
CREATE TABLE postings (
    seq INTEGER NOT NULL REFERENCES entries (seq) DEFERRABLE INITIALLY DEFERRED,
    line INTEGER NOT NULL,
    account INTEGER NOT NULL REFERENCES accounts (id),
    amount INTEGER NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (seq, line)
) STRICT, WITHOUT ROWID;
INSERT INTO "postings" VALUES(2,1,1,500000000);
INSERT INTO "postings" VALUES(2,2,2,-500000000);
INSERT INTO "postings" VALUES(4,1,3,500000000);
INSERT INTO "postings" VALUES(4,2,4,-500000000);
INSERT INTO "postings" VALUES(6,1,5,500000000);
INSERT INTO "postings" VALUES(6,2,6,-500000000);
INSERT INTO "postings" VALUES(7,1,1,-1760231);
INSERT INTO "postings" VALUES(7,2,7,1760231);
INSERT INTO "postings" VALUES(11,1,7,-1760231);
INSERT INTO "postings" VALUES(11,2,1,10);
INSERT INTO "postings" VALUES(11,3,8,1704161);
INSERT INTO "postings" VALUES(11,4,9,56060);
INSERT INTO "postings" VALUES(14,1,1,-3611874);
INSERT INTO "postings" VALUES(14,2,7,3611874);
INSERT INTO "postings" VALUES(18,1,1,-2774877);
INSERT INTO "postings" VALUES(18,2,7,2774877);
INSERT INTO "postings" VALUES(22,1,5,-1390803);
INSERT INTO "postings" VALUES(22,2,10,1390803);
INSERT INTO "postings" VALUES(26,1,5,-2120950);
INSERT INTO "postings" VALUES(26,2,10,2120950);
INSERT INTO "postings" VALUES(32,1,10,-1264048);
INSERT INTO "postings" VALUES(32,2,5,193065);
INSERT INTO "postings" VALUES(32,3,11,1008183);
INSERT INTO "postings" VALUES(32,4,12,62800);
INSERT INTO "postings" VALUES(34,1,1,-2623282);
INSERT INTO "postings" VALUES(34,2,7,2623282);
INSERT INTO "postings" VALUES(38,1,7,-2623282);
INSERT INTO "postings" VALUES(38,2,1,2623282);
INSERT INTO "postings" VALUES(42,1,3,-616778);
INSERT INTO "postings" VALUES(42,2,4,616778);
INSERT INTO "postings" VALUES(43,1,7,-106841);
INSERT INTO "postings" VALUES(43,2,1,1157);
INSERT INTO "postings" VALUES(43,3,8,104664);
INSERT INTO "postings" VALUES(43,4,9,1020);
INSERT INTO "postings" VALUES(50,1,7,-2668036);
INSERT INTO "postings" VALUES(50,2,1,57731);
INSERT INTO "postings" VALUES(50,3,8,2583185);
INSERT INTO "postings" VALUES(50,4,9,27120);
INSERT INTO "postings" VALUES(51,1,3,-28257);
INSERT INTO "postings" VALUES(51,2,13,28257);
INSERT INTO "postings" VALUES(59,1,10,-841971);
INSERT INTO "postings" VALUES(59,2,5,55610);
INSERT INTO "postings" VALUES(59,3,11,741711);
INSERT INTO "postings" VALUES(59,4,12,44650);
INSERT INTO "postings" VALUES(61,1,5,-5447418);
INSERT INTO "postings" VALUES(61,2,6,5447418);
INSERT INTO "postings" VALUES(63,1,1,71845);
INSERT INTO "postings" VALUES(63,2,8,-1769692);
INSERT INTO "postings" VALUES(63,3,9,5230);
INSERT INTO "postings" VALUES(63,4,14,1692617);
INSERT INTO "postings" VALUES(65,1,5,2439227);
INSERT INTO "postings" VALUES(65,2,6,-2439227);
INSERT INTO "postings" VALUES(68,1,3,-406271);
INSERT INTO "postings" VALUES(68,2,13,406271);
CREATE TABLE settlements (
    seq INTEGER PRIMARY KEY REFERENCES facts (seq),
    strategy TEXT NOT NULL,
    token TEXT NOT NULL,
    market TEXT NOT NULL,
    outcome TEXT NOT NULL,
    shares INTEGER NOT NULL,
    payout INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    booked_cost INTEGER NOT NULL,
    booked_fees INTEGER NOT NULL,
    won INTEGER NOT NULL,
    bankroll_after INTEGER NOT NULL
) STRICT;
CREATE TABLE trading_states (
    strategy TEXT PRIMARY KEY,
    seq INTEGER NOT NULL REFERENCES facts (seq),
    halted INTEGER NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
INSERT INTO "trading_states" VALUES('value',41,1,'kill_switch','test');
CREATE TABLE windows (
    market TEXT PRIMARY KEY,
    seq INTEGER NOT NULL REFERENCES facts (seq),
    slug TEXT NOT NULL,
    asset TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    length_s INTEGER NOT NULL,
    rule TEXT NOT NULL,
    strike_e8 INTEGER NOT NULL,
    final_e8 INTEGER NOT NULL,
    source TEXT NOT NULL,
    winner TEXT NOT NULL CHECK (winner IN ('UP', 'DOWN', 'SPLIT')),
    revisions INTEGER NOT NULL
) STRICT;
CREATE TRIGGER entry_must_balance BEFORE INSERT ON entries
WHEN (SELECT COALESCE(SUM(amount), 1) FROM postings WHERE seq = NEW.seq) <> 0
    OR (SELECT COUNT(*) FROM postings WHERE seq = NEW.seq) <> NEW.lines
BEGIN SELECT RAISE(ABORT, 'the postings of a fact do not sum to zero'); END;
CREATE TRIGGER posting_after_entry BEFORE INSERT ON postings
WHEN EXISTS (SELECT 1 FROM entries WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the entry of this fact is closed'); END;
CREATE TRIGGER posting_moves_balance AFTER INSERT ON postings
BEGIN UPDATE accounts SET balance = balance + NEW.amount WHERE id = NEW.account; END;
CREATE TRIGGER facts_stay BEFORE UPDATE ON facts
BEGIN SELECT RAISE(ABORT, 'facts are never changed'); END;
CREATE TRIGGER facts_are_kept BEFORE DELETE ON facts
BEGIN SELECT RAISE(ABORT, 'facts are never deleted'); END;
CREATE TRIGGER postings_stay BEFORE UPDATE ON postings
BEGIN SELECT RAISE(ABORT, 'postings are never changed'); END;
CREATE TRIGGER postings_are_kept BEFORE DELETE ON postings
BEGIN SELECT RAISE(ABORT, 'postings are never deleted'); END;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entries_are_kept BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
CREATE INDEX epochs_by_strategy ON epochs (strategy, seq);
CREATE INDEX positions_by_market ON positions (market);
CREATE INDEX fills_by_position ON fills (strategy, token);
CREATE INDEX settlements_by_position ON settlements (strategy, token);
CREATE VIEW bankrolls AS
SELECT strategy,
    COALESCE(-SUM(balance) FILTER (WHERE kind = 'capital'), 0) AS capital,
    COALESCE(SUM(balance) FILTER (WHERE kind = 'cash'), 0) AS cash,
    COALESCE(SUM(balance) FILTER (WHERE kind = 'reserved'), 0) AS reserved,
    COALESCE(SUM(balance) FILTER (WHERE kind = 'position'), 0) AS positions,
    COALESCE(SUM(balance) FILTER (WHERE kind = 'fees'), 0) AS fees,
    COALESCE(-SUM(balance) FILTER (WHERE kind = 'pnl'), 0) AS pnl
FROM accounts GROUP BY strategy;
COMMIT;
