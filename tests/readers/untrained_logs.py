"""Lines of logs of programs that train nothing, made from patterns: what servers, pipelines, tests, evaluations, installers and kernels print."""
import random


def words(rng, count):
    syllables = ("ka", "lo", "mi", "ten", "ra", "vo", "sha", "pe", "dun", "ix", "or", "bel")
    return ["".join(rng.choice(syllables) for _ in range(rng.randint(2, 4))) for _ in range(count)]


def inference_server(rng, i):
    yield (f"INFO {i % 12 + 1:02d}-{i % 28 + 1:02d} 10:{i % 60:02d}:{i % 60:02d} metrics.py:349] Avg prompt throughput: {rng.random() * 900:.1f} tokens/s, "
           f"Avg generation throughput: {rng.random() * 90:.1f} tokens/s, Running: {i % 9} reqs, Swapped: 0 reqs, Pending: {i % 3} reqs, GPU KV cache usage: {rng.random() * 100:.1f}%.")
    yield f'INFO:     10.0.{i % 250}.{i % 199}:{40000 + i % 9999} - "POST /v1/completions HTTP/1.1" 200 OK'
    yield f"I{i % 12 + 1:02d}{i % 28 + 1:02d} 10:00:00.{i % 1000000:06d} 1 infer_stats.cc:98] model=resnet version=1 count={i} queue_us={i % 777} compute_infer_us={i % 5555}"
    yield f"slot {i % 8} | task {i} | prompt eval time = {rng.random() * 900:8.2f} ms / {i % 512:5d} tokens ({rng.random():8.2f} ms per token, {rng.random() * 999:8.2f} tokens per second)"


def data_pipeline(rng, i):
    yield f"26/01/0{i % 9 + 1} 10:00:0{i % 10} INFO TaskSetManager: Finished task {i % 200}.0 in stage {i % 40}.0 (TID {i}) in {i % 900} ms on 10.0.0.{i % 20} (executor {i % 8}) ({i % 200}/200)"
    yield f"Map (num_proc=8):  {i % 100:2d}%|####      | {i}/{2 * i + 1} [00:{i % 60:02d}<01:{i % 60:02d}, {rng.random() * 9000:.2f} examples/s]"
    yield f"Downloading shards: {i % 100:3d}%|##        | {i % 30}/30 [00:{i % 60:02d}<00:{i % 60:02d},  {rng.random():.2f}it/s]"
    yield f"[2026-01-01 10:00:{i % 60:02d},{i % 1000:03d}] {{taskinstance.py:1138}} INFO - Marking task as SUCCESS. dag_id=etl_{i % 20}, task_id=load, duration={rng.random() * 90:.3f}"
    yield f"kept {i % 1000} of {i % 1000 + 400} documents ({rng.random():.4f}), dropped by perplexity filter: {i % 400}"


def test_run(rng, i):
    yield f"tests/test_{rng.choice(('loss', 'train', 'steps', 'epoch'))}.py::test_{rng.choice(('loss', 'step'))}_{i % 40} PASSED  [ {i % 100:2d}%]"
    yield f"[ RUN      ] Loss.Case{i % 90}/{i % 7}"
    yield f"[       OK ] Loss.Case{i % 90}/{i % 7} ({i % 40} ms)"
    yield f"ok {i} - loss is a number # time={rng.random():.3f}ms"
    yield f"E       assert loss < 0.5, got {rng.random() * 3:.4f}"
    yield f"--- PASS: TestEpoch/step_{i % 30} ({rng.random():.2f}s)"


def evaluation(rng, i):
    yield f"|arc_challenge|      1|none  |    25|acc     |{rng.random():.4f}|±  |{rng.random() / 50:.4f}|"
    yield f"    accuracy                           {rng.random():.2f}     {i % 9000}"
    yield f"   macro avg       {rng.random():.2f}      {rng.random():.2f}      {rng.random():.2f}     {i % 9000}"
    yield f" Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = {rng.random():.3f}"
    yield f"BLEU = {rng.random() * 40:.2f}, {rng.random() * 70:.1f}/{rng.random() * 40:.1f}/{rng.random() * 20:.1f}/{rng.random() * 9:.1f} (BP={rng.random():.3f}, ratio={rng.random():.3f}, hyp_len={i}, ref_len={i + 9})"
    yield f"{i % 400}/{400} questions, pass@1: {rng.random():.3f}"


def installer(rng, i):
    name = rng.choice(words(rng, 3))
    yield f"Requirement already satisfied: {name}>={i % 4}.{i % 20} in /opt/venv/lib/python3.11/site-packages (from {name}-extra) ({i % 4}.{i % 31}.{i % 9})"
    yield f"  Downloading {name}-{i % 4}.{i % 31}.{i % 9}-py3-none-any.whl ({rng.random() * 900:.1f} kB)"
    yield f"     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ {rng.random() * 90:.1f}/{90 + rng.random():.1f} MB {rng.random() * 9:.1f} MB/s eta 0:00:{i % 60:02d}"
    yield f"Get:{i % 300} http://deb.debian.org/debian bookworm/main amd64 lib{name} amd64 {i % 4}.{i % 31}-{i % 5} [{i % 900} kB]"
    yield f"Step {i % 20 + 1}/20 : RUN pip install {name}=={i % 4}.{i % 31}"
    yield f"#{i % 40} {rng.random() * 90:.3f} Collecting {name}"


def gpu_monitor(rng, i):
    yield f"|  {i % 8}  NVIDIA A100-SXM4-80GB          On  | 00000000:{i % 99:02d}:00.0 Off |                    0 |"
    yield f"| N/A   {30 + i % 50}C    P0             {50 + i % 300}W / 400W |  {i % 81920:5d}MiB / 81920MiB |    {i % 100:3d}%      Default |"
    yield f"{i % 8}, NVIDIA A100, {rng.random() * 100:.0f} %, {i % 81920} MiB, {30 + i % 50}"
    yield f"    {i % 8}   {i % 400}   {30 + i % 50}     -    {i % 100}    {i % 100}     0     0  1215  1410"


def kernel(rng, i):
    yield f"[{i / 7:12.6f}] NVRM: Xid (PCI:0000:{i % 99:02d}:00): {i % 95}, pid={i}, name=python3, Ch {i % 64:08x}"
    yield f"[{i / 7:12.6f}] EXT4-fs (nvme0n1p{i % 4}): mounted filesystem with ordered data mode. Quota mode: none."
    yield f"[{i / 7:12.6f}] mlx5_core 0000:{i % 99:02d}:00.0: Port module event: module {i % 4}, Cable plugged"
    yield f"Jan {i % 28 + 1:2d} 10:00:{i % 60:02d} node{i % 90} slurmd[{i}]: launch task StepId={i}.0 request from UID:{i % 999} GID:{i % 999} HOST:10.0.0.{i % 20} PORT:{40000 + i % 999}"


def network(rng, i):
    yield f"{i % 50 + 1} packets transmitted, {i % 50} received, {rng.random() * 9:.4f}% packet loss, time {i % 9000}ms"
    yield f"rtt min/avg/max/mdev = {rng.random():.3f}/{rng.random():.3f}/{rng.random():.3f}/{rng.random():.3f} ms"
    yield f"[  5] {i % 60:6.2f}-{i % 60 + 1:6.2f} sec  {rng.random() * 900:.0f} MBytes  {rng.random() * 9:.2f} Gbits/sec  {i % 9}    {rng.random() * 900:.0f} KBytes"
    yield f"loss rate {rng.random():.4f} on link {i % 40}, jitter {rng.random():.3f} ms"
    yield f"  16777216       4194304     float     sum      -1   {rng.random() * 900:7.1f}  {rng.random() * 90:6.2f}  {rng.random() * 90:6.2f}      0"


def cluster(rng, i):
    yield f"{i % 60}s         Normal    Pulled             pod/trainer-{i % 40}     Successfully pulled image in {rng.random() * 90:.3f}s"
    yield f"trainer-{i % 40}   1/1     Running   {i % 4}          {i % 60}m"
    yield f"level=info ts=2026-01-01T10:00:{i % 60:02d}.{i % 1000:03d}Z caller=compact.go:519 component=tsdb msg=\"write block\" mint={i} maxt={i + 7200} duration={rng.random():.3f}s"
    yield f"{i}     gpu  job_{i % 99}     user{i % 9}  R       {i % 24}:{i % 60:02d}:{i % 60:02d}      {i % 8 + 1} node{i % 90}"


def build(rng, i):
    yield f"[{i % 900 + 1}/900] Building CXX object src/loss/CMakeFiles/loss.dir/step_{i % 90}.cc.o"
    yield f"[ {i % 100:2d}%] Linking CXX executable bin/train_{i % 9}"
    yield f"ptxas info    : Used {i % 255} registers, {i % 900} bytes cmem[0], compile time {rng.random() * 900:.3f} ms"
    yield f"{i % 900:5d} modules transformed, gzip: {rng.random() * 90:.2f} kB"


def settings(rng, i):
    yield f"  learning_rate: {rng.choice(('1e-4', '3e-4', '0.001'))}"
    yield f"  label_smoothing: 0.{i % 10}"
    yield f"  loss_weight: {rng.choice(('1.0', '0.5'))}"
    yield f"early_stopping(monitor=val_loss, min_delta=0.00{i % 10}, patience={i % 20})"
    yield f"Namespace(batch_size={2 ** (i % 9)}, epochs={i % 90}, loss='mse', lr=0.00{i % 10}, seed={i})"
    yield f"Loading checkpoint step_{i % 9000} with loss scaler state, took {rng.random() * 90:.2f}s"


def database(rng, i):
    yield f"2026-01-01 10:00:{i % 60:02d}.{i % 1000:03d} UTC [{i}] LOG:  checkpoint complete: wrote {i % 900} buffers ({rng.random() * 9:.1f}%); write={rng.random() * 90:.3f} s, sync={rng.random():.3f} s, total={rng.random() * 99:.3f} s"
    yield f"{i}:M 01 Jan 2026 10:00:{i % 60:02d}.{i % 1000:03d} * DB saved on disk, {i % 90} keys in {rng.random():.3f} seconds"
    yield f"[GC pause (G1 Evacuation Pause) (young), {rng.random():.7f} secs] [Eden: {i % 900}.0M({i % 900}.0M)->0.0B]"


def media(rng, i):
    yield f"frame={i:5d} fps= {i % 90} q={rng.random() * 40:.1f} size={i % 9000:8d}kB time=00:0{i % 10}:{i % 60:02d}.{i % 100:02d} bitrate={rng.random() * 9000:.1f}kbits/s speed={rng.random() * 9:.2f}x"
    yield f"sampling: {i % 50}/50 [00:{i % 60:02d}<00:{i % 60:02d},  {rng.random() * 9:.2f}it/s]"


def trading(rng, i):
    yield f"2026-01-01 10:00:{i % 60:02d} INFO order {i} EURUSD buy 0.1 @ {1 + rng.random():.5f} stop loss: {1 + rng.random():.5f} take profit: {1 + rng.random():.5f}"
    yield f"Trade #{i % 900}: entry={rng.random() * 90:.2f} exit={rng.random() * 90:.2f} stop_loss={rng.random() * 90:.2f} max_loss={rng.random():.3f} profit_loss={rng.random() - 0.5:.2f}"
    yield f"| {i % 900} | BTC/USDT | {rng.random():.4f} | stop_loss | {rng.random() * 9:.2f} % |"
    yield f"Position {i % 40}: unrealized loss {rng.random() * 900:.2f} USD, drawdown {rng.random() * 40:.1f}%"


def radio(rng, i):
    yield f"link {i % 40}: path loss {60 + rng.random() * 60:.2f} dB, insertion loss {rng.random() * 3:.2f} dB, SNR {rng.random() * 40:.1f} dB"
    yield f"ch {i % 13 + 1} rssi -{30 + i % 60} dBm, return loss {rng.random() * 30:.2f} dB"
    yield f"wlan0: beacon loss count {i % 9}, tx retries {i % 900}"
    yield f"fiber span {i % 90}: attenuation {rng.random():.3f} dB/km, splice loss {rng.random() / 10:.3f} dB"


def simulation(rng, i):
    yield f"Step {i * 100} Time {i * 0.2:.5f}"
    yield f"   Energies (kJ/mol) Bond {rng.random() * 900:.5e} Angle {rng.random() * 900:.5e} Potential -{rng.random() * 900:.5e}"
    yield f"{i * 100:9d} {rng.random() * 300:12.5f} {-rng.random() * 9000:12.3f} {rng.random() * 90:12.5f}"
    yield f"smoothSolver:  Solving for Ux, Initial residual = {rng.random():.6f}, Final residual = {rng.random() / 1e4:.4e}, No Iterations {i % 9}"
    yield f"time step continuity errors : sum local = {rng.random():.4e}, global = {rng.random():.4e}, cumulative = {rng.random():.4e}"
    yield f"SCF iteration {i % 40}: total energy = -{rng.random() * 90:.8f} Ry, estimated accuracy < {rng.random():.8f} Ry"


def web_server(rng, i):
    yield f'10.0.{i % 250}.{i % 199} - - [01/Jan/2026:10:00:{i % 60:02d} +0000] "GET /api/v1/train?step={i}&loss={rng.random():.3f} HTTP/1.1" 200 {i % 9000} "-" "curl/8.1"'
    yield f"2026/01/01 10:00:{i % 60:02d} [warn] {i}#0: *{i} an upstream response is buffered to a temporary file, epoch {i % 9}"
    yield f'{{"level":"info","ts":{1767261600 + i},"msg":"request done","status":200,"duration":{rng.random():.4f},"batch":{i % 40}}}'
    yield f"time=\"2026-01-01T10:00:{i % 60:02d}Z\" level=info msg=\"round trip\" attempt={i % 4} latency={rng.random() * 90:.2f}ms"


def accounts(rng, i):
    yield f"Nettoverlust {rng.random() * 900:.2f} EUR, Vorjahr {rng.random() * 900:.2f} EUR"
    yield f"Quartal {i % 4 + 1}: Gewinn/Verlust {rng.random() * 900 - 450:.2f} EUR"
    yield f"Perte de paquets : {i % 100} %, gigue {rng.random():.2f} ms"
    yield f"Net loss per share {rng.random():.2f}, weight loss programme {i % 90}"


def service_in_chinese(rng, i):
    yield f"2026-01-01 10:00:{i % 60:02d} 信息 第{i % 90}轮轮询完成，用时 {rng.random():.3f} 秒，数据 {i % 900} 条"
    yield f"任务{i % 40} 当前步数：{i % 9} 状态：成功 平均耗时：{rng.random() * 90:.2f} 毫秒"
    yield f"数据集加载完成：{i % 9000} 条，批次大小：{2 ** (i % 9)}"
    yield f"バッチ処理 {i % 90}/90 完了 ({rng.random() * 9:.2f} 秒)、平均 {rng.random() * 90:.1f} 件"


KINDS = (inference_server, data_pipeline, test_run, evaluation, installer, gpu_monitor, kernel, network, cluster, build, settings, database, media,
         trading, radio, simulation, web_server, accounts, service_in_chinese)


def lines(kind, count, seed=1):
    """`count` lines of one kind, always the same."""
    rng = random.Random(f"{kind.__name__} {seed}")
    made, turn = 0, 0
    while made < count:
        turn += 1
        for line in kind(rng, turn):
            made += 1
            yield line
