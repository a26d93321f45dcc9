using System.Security.Cryptography;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using TorchSharp;

namespace IntrinsicLab.Core.Experiments;

/// <summary>Runs a plan without knowing where its results go: the caller pulls updates until the budget is spent.</summary>
public sealed class Trainer : IDisposable
{
    private const int FormatMark = 0x31504C49;
    private const int FormatVersion = 1;
    private readonly IAlgorithm algorithm;
    private readonly EnvironmentFactory environments;
    private readonly EvaluationSchedule evaluations;
    private long stepsOfLastUpdate;

    /// <summary>Makes the plan's algorithm and environments, at step 0.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="findRule">Finds the learned rules that plans name; null for those that come with the lab.</param>
    public Trainer(RunPlan plan, Func<string, LearnedRule?>? findRule = null)
    {
        Plan = plan;
        // One thread per run: many runs share a machine better than one run shares its cores, and sums keep their order.
        torch.set_num_threads(1);
        environments = plan.CreateEnvironments();
        evaluations = new EvaluationSchedule(plan, environments.Spec);
        var setup = new TrainingSetup(environments, plan.Steps, new Rng((ulong)plan.Seed), torch.device(plan.Device)) { FindRule = findRule ?? ShippedRules.Find };
        algorithm = AlgorithmCatalog.Find(plan.Algorithm)!.Create(plan.Parameters, setup);
    }

    /// <summary>What is run.</summary>
    public RunPlan Plan { get; }

    /// <summary>Environment steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Episodes finished.</summary>
    public long Episodes { get; private set; }

    /// <summary>The budget does not hold another update. At least one is always run.</summary>
    public bool Finished => Steps > 0 && Steps + stepsOfLastUpdate > Plan.Steps;

    /// <summary>The current policy.</summary>
    public IPolicy Policy => algorithm.Policy;

    /// <summary>The update rule as it is now, where the algorithm learns one.</summary>
    public RuleContent? Rule => algorithm.Rule;

    /// <summary>Numbers that the algorithm has for steps that others take.</summary>
    public IReadOnlyList<StepTrace> Traces => algorithm.Traces;

    /// <summary>
    /// The state reached is one that the plan wants evaluated. It stays true until the next update, whether <see cref="Evaluate"/> was called
    /// or not, and after <see cref="Load"/>: the caller knows what it has.
    /// </summary>
    public bool EvaluationIsDue => evaluations.Includes(Steps - stepsOfLastUpdate, Steps, Finished);

    /// <summary>Tries the current policy out, which leaves training as it is. To be played before the next update.</summary>
    public Evaluation Evaluate() => new(Plan, evaluations, environments, Policy, Steps, algorithm.Traces);

    /// <summary>What the algorithm shows of itself right after an update; null where it shows nothing.</summary>
    public FigureSheet? Figures() => algorithm.Figures() is { Count: > 0 } figures ? new FigureSheet(Steps, figures) : null;

    /// <summary>Runs one update. Beside the algorithm's metrics it reports <c>progress/episodes</c>.</summary>
    /// <exception cref="DivergedException">A loss or a parameter is not finite.</exception>
    public Progress Update()
    {
        var progress = algorithm.Update();
        stepsOfLastUpdate = progress.Steps - Steps;
        (Steps, Episodes) = (progress.Steps, progress.Episodes);
        foreach (var point in progress.Points)
            if (!double.IsFinite(point.Value) && point.Metric.StartsWith("loss/", StringComparison.Ordinal))
                throw new DivergedException(point.Metric, point.Step, point.Value);
        return progress with { Points = [.. progress.Points, new(Metrics.Episodes, Steps, Episodes)] };
    }

    /// <summary>Writes everything that the next update depends on.</summary>
    public void Save(Stream output)
    {
        // A replay buffer makes this hundreds of megabytes: it is hashed on its way and held nowhere.
        using var hash = SHA256.Create();
        using (var hashed = new CryptoStream(output, hash, CryptoStreamMode.Write, leaveOpen: true))
        using (var buffered = new BufferedStream(hashed, 1 << 16))
        using (var writer = new CheckpointWriter(buffered))
            Write(writer);
        output.Write(hash.Hash);
    }

    /// <summary>As <see cref="Save(Stream)"/>, into an array that is allocated once.</summary>
    public byte[] Save()
    {
        using var counter = new LengthOnly();
        using (var writer = new CheckpointWriter(counter))
            Write(writer);
        var content = new byte[counter.Length + SHA256.HashSizeInBytes];
        using var output = new MemoryStream(content);
        Save(output);
        return content;
    }

    /// <summary>Restores what <see cref="Save(Stream)"/> wrote for the same plan; the run then goes on as if never interrupted.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged, or belong to another plan or code version.</exception>
    public void Load(Stream input)
    {
        using var buffer = new MemoryStream(input.CanSeek ? (int)(input.Length - input.Position) : 0);
        input.CopyTo(buffer);
        var bytes = buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
        if (bytes.Length <= SHA256.HashSizeInBytes
            || !SHA256.HashData(bytes[..^SHA256.HashSizeInBytes]).AsSpan().SequenceEqual(bytes[^SHA256.HashSizeInBytes..]))
            throw new InvalidDataException("The checkpoint is damaged: its checksum does not match its content.");
        buffer.SetLength(buffer.Length - SHA256.HashSizeInBytes);
        buffer.Position = 0;
        using var reader = new CheckpointReader(buffer);
        if (reader.ReadInt32() != FormatMark || reader.ReadInt32() != FormatVersion)
            throw new InvalidDataException("The checkpoint was written by another version of the lab.");
        if (reader.ReadString() != Plan.ConfigurationHash || reader.ReadInt32() != Plan.Seed)
            throw new InvalidDataException("The checkpoint belongs to another configuration or seed.");
        Steps = reader.ReadInt64();
        Episodes = reader.ReadInt64();
        stepsOfLastUpdate = reader.ReadInt64();
        algorithm.Load(reader);
        if (buffer.Position != buffer.Length)
            throw new InvalidDataException("The checkpoint holds more than this version of the lab can read.");
    }

    /// <inheritdoc/>
    public void Dispose() => algorithm.Dispose();

    private void Write(CheckpointWriter writer)
    {
        writer.Write(FormatMark);
        writer.Write(FormatVersion);
        writer.Write(Plan.ConfigurationHash);
        writer.Write(Plan.Seed);
        writer.Write(Steps);
        writer.Write(Episodes);
        writer.Write(stepsOfLastUpdate);
        algorithm.Save(writer);
    }

    // Takes what is written and keeps its length alone.
    private sealed class LengthOnly : Stream
    {
        private long length;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => length;

        public override long Position { get => length; set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => length += count;

        public override void Write(ReadOnlySpan<byte> buffer) => length += buffer.Length;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
