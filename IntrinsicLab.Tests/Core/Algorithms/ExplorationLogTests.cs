using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Tests.Contracts;
using TorchSharp;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class ExplorationLogTests
{
    private static TrainingSetup Setup(string environment) => new(
        AlgorithmContractTests.Plan("count-bonus", environment).CreateEnvironments(), 100_000, new Rng(1), torch.CPU);

    [Fact]
    public void Coverage_AfterManyBatches_StaysSmallAndRises()
    {
        var log = new ExplorationLog(Setup("cartpole").Environments.Spec);

        for (var batch = 1; batch <= 5000; batch++)
            log.Add(10 * batch, [0, 0, 0.01f, 1], batch);

        Assert.InRange(log.Coverage.Count, 256, 512);
        Assert.All(log.Coverage.Zip(log.Coverage.Skip(1)), pair => Assert.True(pair.First.Step < pair.Second.Step));
        Assert.InRange(log.Coverage[^1].Step, 49_000, 50_000);
        Assert.Equal(5000, log.Planes.Single().Visits.Max());
    }

    [Fact]
    public void Add_OnAPlane_CountsFieldsAndNothingBeyond()
    {
        var spec = Setup("mountain-car-x").Environments.Spec;
        var log = new ExplorationLog(spec);
        log.Add(4, [0f, 0f, 0.001f, 0f, 0.3f, -1f, 5f, 0f]);
        var visits = log.Planes.Single();

        Assert.Equal(2, log.Visited);
        Assert.Equal((4, 2), log.Coverage.Single());
        Assert.Equal(3, visits.Visits.Sum());
        var field = visits.FieldOf([0.3f, -1f]);
        var (column, row) = (field % 41, field / 41);
        Assert.Equal((0.3, -1), (visits.X.Centres[column], visits.Y.Centres[row]), new Within(1.8 / 41 / 2, 5.0 / 41 / 2));
        Assert.Equal(-1, visits.FieldOf([5f, 0f]));
    }

    [Theory]
    [InlineData("four-rooms", true)]
    [InlineData("pendulum", true)]
    [InlineData("mountain-car-x", false)]
    public void Save_InOtherWorlds_KeepsPlanesAndVisits(string environment, bool raw)
    {
        var setup = Setup(environment);
        var size = setup.Environments.Spec.Observation.Size;
        using var batch = new EnvironmentBatch(setup.Environments, 1, new Rng(3));
        batch.Reset();
        var seen = new List<float>();
        var rng = new Rng(4);
        for (var step = 0; step < 200; step++)
        {
            seen.AddRange(batch.Observations.ToArray());
            batch.Step([setup.Environments.Spec.Action is Discrete discrete ? rng.NextInt(discrete.Count) : (float)rng.NextDouble(-1, 1)]);
        }
        var (log, again) = (new ExplorationLog(setup.Environments.Spec, raw), new ExplorationLog(setup.Environments.Spec, raw));

        log.Add(200, [.. seen]);
        using var saved = new MemoryStream();
        using (var writer = new CheckpointWriter(saved))
            log.Save(writer);
        saved.Position = 0;
        again.Load(new CheckpointReader(saved));

        var (visits, restored) = (log.Planes[0], again.Planes[0]);
        Assert.Equal(200, visits.Visits.Sum());
        Assert.InRange(visits.Visited, 5, 200);
        Assert.Equal(log.Coverage, again.Coverage);
        Assert.Equal(visits.Visited, restored.Visited);
        Assert.Equal(visits.Visits, restored.Visits);
        Assert.Equal(visits.FieldOf([.. seen.Take(size)]), restored.FieldOf([.. seen.Take(size)]));
    }

    private sealed record Within(double X, double Y) : IEqualityComparer<(double X, double Y)>
    {
        public bool Equals((double X, double Y) one, (double X, double Y) other) => Math.Abs(one.X - other.X) <= X && Math.Abs(one.Y - other.Y) <= Y;

        public int GetHashCode((double X, double Y) of) => 0;
    }
}
