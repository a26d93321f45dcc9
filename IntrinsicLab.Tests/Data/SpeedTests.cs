using System.Diagnostics;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using Xunit.Abstractions;

namespace IntrinsicLab.Tests.Data;

/// <summary>The bounds are far below what an idle machine reaches (300,000 points/s and more), so that a busy one passes; the figures are printed.</summary>
public sealed class SpeedTests(ITestOutputHelper output)
{
    public static TheoryData<bool> Databases => TestData.Databases;

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task AppendAndRead_AMillionPoints(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var run = await data.AddRun();
        var random = new Random(1);
        var points = Enumerable.Range(0, 1_000_000).Select(index => new StoredPoint("m", index, index * 1e-3, random.NextDouble())).ToArray();
        foreach (var size in (int[])[1_000, 10_000])
        {
            await data.Metrics.TruncateAfter(run.Id, 1, -1);
            var watch = Stopwatch.StartNew();
            foreach (var batch in points.Chunk(size))
                await data.Metrics.Append(run.Id, 1, batch);
            var rate = points.Length / watch.Elapsed.TotalSeconds;
            output.WriteLine($"ingest, {size} a batch: {rate:N0} points/s");
            Assert.True(rate > 50_000 || onServer, $"{rate:N0} points/s");
        }
        foreach (var (from, to) in ((double?, double?)[])[(null, null), (null, null), (123_456, 876_543), (500_000, 510_000)])
        {
            var watch = Stopwatch.StartNew();
            var read = await data.Metrics.Read(run.Id, "m", from, to);
            output.WriteLine($"read {from}-{to}: {read!.X.Length} buckets of {read.Total} points in {watch.Elapsed.TotalMilliseconds:N1} ms");
            Assert.True(watch.ElapsedMilliseconds < 400);
        }
        var whole = Stopwatch.StartNew();
        await data.Metrics.Read(run.Id, "m", aggregate: MetricAggregate.Raw);
        output.WriteLine($"read raw: {whole.Elapsed.TotalMilliseconds:N0} ms");
        if (data.Database.File is { } file)
            output.WriteLine($"bytes a point: {new FileInfo(file).Length / 1e6:N1}");
    }

    [Fact]
    public async Task Append_ManyMetrics()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun();
        var watch = Stopwatch.StartNew();
        const int Batches = 200, Metrics = 50, Each = 20;
        for (var batch = 0; batch < Batches; batch++)
            await data.Metrics.Append(run.Id, 1, [.. Enumerable.Range(0, Metrics * Each).Select(index =>
                new StoredPoint($"group/metric{index % Metrics}", batch * Each + index / Metrics, batch, index))]);
        output.WriteLine($"50 metrics, 1000 points a batch: {Batches * Metrics * Each / watch.Elapsed.TotalSeconds:N0} points/s");
    }
}
