using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Data;

public sealed class MetricStoreTests
{
    public static TheoryData<bool> Databases => TestData.Databases;

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Read_AnyRangeAndWidth_EqualsBruteForce(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var run = await data.AddRun();
        var points = RandomPoints(20_011, seed: 1);
        await AppendInPieces(data, run.Id, points, seed: 2);

        var random = new Random(3);
        for (var trial = 0; trial < 60; trial++)
        {
            double? from = trial % 3 == 0 ? null : points[random.Next(points.Count)].Step + random.Next(-1, 2);
            double? to = trial % 4 == 0 ? null : points[random.Next(points.Count)].Step + random.Next(-1, 2);
            var most = random.Next(1, 1500);
            var read = await data.Metrics.Read(run.Id, "m", from, to, most);
            AssertEqualsBruteForce(points.Where(point => (from is null || point.Step >= from) && (to is null || point.Step <= to)).ToList(), read!, most);
        }
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Names_AfterRandomData_EqualBruteForce(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var run = await data.AddRun();
        var points = RandomPoints(5_000, seed: 4);
        await AppendInPieces(data, run.Id, points, seed: 5);

        var summary = Assert.Single(await data.Metrics.Names(run.Id));

        var finite = points.Where(point => double.IsFinite(point.Value)).Select(point => point.Value).ToList();
        Assert.Equal((5_000L, points[^1].Value, points[^1].Step), (summary.Count, summary.Last, summary.LastStep));
        Assert.Equal((finite.Min(), finite.Max(), 5_000L - finite.Count), (summary.Min, summary.Max, summary.NonFinite));
    }

    [Fact]
    public async Task Read_NotFiniteValues_ComeBackAsTheyWere()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun();
        double[] values = [1, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 2];
        await data.Metrics.Append(run.Id, 1, [.. values.Select((value, index) => new StoredPoint("m", index, index, value))]);

        var read = await data.Metrics.Read(run.Id, "m");

        Assert.Equal(values, read!.Value);
        Assert.Equal(3, read.NonFinite);
        Assert.Null(read.Min);
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task TruncateAfter_AndAppendAgain_EqualsUndisturbed(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var undisturbed = await data.AddRun();
        var disturbed = await data.AddRun();
        var points = RandomPoints(9_000, seed: 6);
        await AppendInPieces(data, undisturbed.Id, points, seed: 7);
        await AppendInPieces(data, disturbed.Id, points, seed: 8);
        foreach (var kept in (int[])[8_999, 8_192, 4_096, 4_095, 500, 1, 0])
        {
            await data.Metrics.TruncateAfter(disturbed.Id, 1, kept == 0 ? -1 : points[kept - 1].Step);
            var names = await data.Metrics.Names(disturbed.Id);
            Assert.Equal(kept, names.Count == 0 ? 0 : names[0].Count);
            await AppendInPieces(data, disturbed.Id, points[kept..], seed: 9);
            await AssertSameSeries(data, undisturbed.Id, disturbed.Id);
        }
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Upsert_AnyOrderAndTwice_EqualsAppend(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var appended = await data.AddRun();
        var external = await data.Queue.AddExternal(TestData.NewRun(), "api");
        var points = RandomPoints(6_000, seed: 10);
        await AppendInPieces(data, appended.Id, points, seed: 11);
        var shuffled = points.ToArray();
        new Random(12).Shuffle(shuffled);
        foreach (var piece in shuffled.Chunk(1_700).Concat(shuffled.Chunk(2_500).Take(1)))
            await data.Metrics.Upsert(external.Id, new Dictionary<string, SeriesColumns>
            {
                ["m"] = new([.. piece.Select(point => point.Step)], [.. piece.Select(point => point.Value)], [.. piece.Select(point => point.Seconds)]),
            });

        await AssertSameSeries(data, appended.Id, external.Id);
    }

    [Fact]
    public async Task Append_WithAStaleFence_WritesNothing()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun();
        var points = new[] { new StoredPoint("m", 1, 0, 1) };

        await Assert.ThrowsAsync<StaleFenceException>(() => data.Metrics.Append(run.Id, 0, points, new NewCheckpoint(1, 0, 0, [1])));
        await Assert.ThrowsAsync<StaleFenceException>(() => data.Metrics.TruncateAfter(run.Id, 2, 0));
        await data.Queue.Transition(run.Id, RunStatus.Completed, "w", "done", 1);
        await Assert.ThrowsAsync<StaleFenceException>(() => data.Metrics.Append(run.Id, 1, points));

        Assert.Empty(await data.Metrics.Names(run.Id));
        Assert.Null(await data.Checkpoints.LoadLastGood(run.Id));
    }

    [Fact]
    public async Task Append_OnePointOutOfOrder_WritesNothing()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun();
        await data.Metrics.Append(run.Id, 1, [new("m", 5, 0, 1)]);

        await Assert.ThrowsAsync<ArgumentException>(() => data.Metrics.Append(run.Id, 1, [new("n", 1, 0, 1), new("m", 5, 0, 2)]));
        await data.Metrics.Append(run.Id, 1, [new("m", 5, 0, 2), new("m", 6, 0, 3)], dropStale: true);

        var summary = Assert.Single(await data.Metrics.Names(run.Id));
        Assert.Equal((2L, 3.0), (summary.Count, summary.Last));
    }

    [Fact]
    public async Task Append_Progress_MovesTheRunsColumns()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun();
        await data.Metrics.Append(run.Id, 1, [new("return/extrinsic", 10, 0, 7), new("return/extrinsic", 20, 0, 3)],
            progress: new RunProgress(20, 4, 1.5, 900, TimeSpan.FromMinutes(2)));

        var row = await data.Get(run.Id);
        Assert.Equal((20L, 4L, 3.0, 7.0, 900.0, 1.5), (row.StepsDone, row.EpisodesDone, row.LastReturn!.Value, row.BestReturn!.Value, row.StepsPerSecond!.Value, row.ActiveSeconds));
        Assert.Equal(data.Time.GetUtcNow().AddMinutes(2), row.LeaseUntil);

        await data.Metrics.TruncateAfter(run.Id, 1, 10);
        row = await data.Get(run.Id);
        Assert.Equal((10L, 7.0, 7.0), (row.StepsDone, row.LastReturn!.Value, row.BestReturn!.Value));
    }

    [Fact]
    public async Task Read_OtherAxes_PlaceAndCutByThem()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun();
        await data.Metrics.Append(run.Id, 1, [.. Enumerable.Range(1, 1000).Select(index => new StoredPoint("m", index * 10, index * 0.5, index))]);
        await data.Metrics.Append(run.Id, 1, [.. Enumerable.Range(1, 10).Select(index => new StoredPoint("progress/episodes", index * 1000, 0, index * 20))]);

        var seconds = await data.Metrics.Read(run.Id, "m", 100, 200, axis: MetricAxis.Seconds);
        var episodes = await data.Metrics.Read(run.Id, "m", 50, 60, axis: MetricAxis.Episodes);

        Assert.Equal((100.0, 200.0, 201), (seconds!.X[0], seconds.X[^1], seconds.X.Length));
        Assert.Equal((50.0, 60.0), (episodes!.X[0], episodes.X[^1]));
        Assert.Equal((2500L, 3000L), (episodes.Steps[0], episodes.Steps[^1]));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Sparklines_OfAnyLength_CoverTheWholeCourse(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var lengths = new[] { 1, 31, 32, 500, 600, 9_000, 140_000 };
        var runs = new List<Run>();
        foreach (var length in lengths)
        {
            runs.Add(await data.AddRun());
            await data.Metrics.Append(runs[^1].Id, 1, [.. Enumerable.Range(1, length).Select(step => new StoredPoint("return/extrinsic", step, 0, step))]);
        }
        var bare = await data.AddRun();

        var lines = await data.Metrics.Sparklines([.. runs.Select(run => run.Id), bare.Id]);

        Assert.Equal(lengths.Length, lines.Count);
        foreach (var (run, length) in runs.Zip(lengths))
        {
            var line = lines[run.Id];
            Assert.Equal(Math.Min(length, 32), line.Length);
            Assert.Equal(length, line[^1]);
            Assert.Equal(line.Order(), line);
            Assert.True(line[0] <= length / 16.0 + 1, $"{length}: {line[0]}");
        }
    }

    private static List<StoredPoint> RandomPoints(int count, int seed)
    {
        var random = new Random(seed);
        var step = 0L;
        return [.. Enumerable.Range(0, count).Select(index =>
        {
            step += random.Next(1, 50);
            var value = random.Next(40) switch { 0 => double.NaN, 1 => double.PositiveInfinity, 2 => double.NegativeInfinity, _ => random.NextDouble() * 10 - 5 };
            return new StoredPoint("m", step, index * 0.25, value);
        })];
    }

    private static async Task AppendInPieces(TestData data, Guid run, IReadOnlyList<StoredPoint> points, int seed)
    {
        var random = new Random(seed);
        for (var start = 0; start < points.Count;)
        {
            var length = Math.Min(random.Next(1, 900), points.Count - start);
            await data.Metrics.Append(run, 1, [.. points.Skip(start).Take(length)]);
            start += length;
        }
    }

    private static async Task AssertSameSeries(TestData data, Guid expected, Guid actual)
    {
        var (left, right) = (Assert.Single(await data.Metrics.Names(expected)), Assert.Single(await data.Metrics.Names(actual)));
        Assert.Equal(left with { Sequence = 0 }, right with { Sequence = 0 });
        foreach (var most in (int[])[int.MaxValue, 1000, 300, 20, 1])
        {
            var (a, b) = (await data.Metrics.Read(expected, "m", points: most), await data.Metrics.Read(actual, "m", points: most));
            Assert.Equal(a!.X, b!.X);
            Assert.Equal(a.Value, b.Value);
            Assert.Equal(a.Min, b.Min);
            Assert.Equal(a.Max, b.Max);
            Assert.Equal(a.NonFinite, b.NonFinite);
        }
    }

    private static void AssertEqualsBruteForce(List<StoredPoint> points, MetricColumns read, int most)
    {
        Assert.Equal(points.Count, read.Total);
        Assert.Equal(points.Count > most, read.Reduced);
        Assert.True(read.X.Length <= Math.Max(most, 1));
        Assert.Equal(points.Count(point => !double.IsFinite(point.Value)), read.NonFinite);
        if (!read.Reduced)
        {
            Assert.Equal(points.Select(point => (double)point.Step), read.X);
            Assert.Equal(points.Select(point => point.Value), read.Value);
            return;
        }
        var start = 0;
        for (var bucket = 0; bucket < read.X.Length; bucket++)
        {
            var end = points.FindIndex(start, point => point.Step == read.Steps[bucket]) + 1;
            var finite = points[start..end].Where(point => double.IsFinite(point.Value)).Select(point => point.Value).ToList();
            Assert.Equal(finite.Count == 0 ? double.NaN : finite.Min(), read.Min![bucket]);
            Assert.Equal(finite.Count == 0 ? double.NaN : finite.Max(), read.Max![bucket]);
            Assert.Equal(finite.Count == 0 ? double.NaN : finite.Average(), read.Value[bucket], 1e-9);
            start = end;
        }
        Assert.Equal(points.Count, start);
    }
}
