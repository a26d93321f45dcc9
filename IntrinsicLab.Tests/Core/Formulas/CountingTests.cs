using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Tests.Core.Formulas;

public sealed class CountingTests
{
    [Theory]
    [InlineData(1, 2, 3)]
    [InlineData(2, 4, 3)]
    [InlineData(2, 1, 7)]
    [InlineData(-1, 0.5, 2)]
    public void KeyOf_GivenPlanes_HasABitForEachPositiveSide(double x, double y, int key) =>
        Assert.Equal(key, (int)new SimHash([[1, 0], [0, 1], [1, -1]]).KeyOf([x, y]));

    [Fact]
    public void KeyOf_SeventyPlanes_TellsMoreThanSixtyFourBitsApart()
    {
        var planes = Enumerable.Range(0, 70).Select(bit => Enumerable.Range(0, 70).Select(component => component == bit ? 1.0 : 0.0).ToArray()).ToArray();
        var (first, second) = (new double[70], new double[70]);
        second[69] = 1;

        Assert.NotEqual(new SimHash(planes).KeyOf(first), new SimHash(planes).KeyOf(second));
    }

    [Fact]
    public void Of_EmpiricalFrequencies_IsTheCount()
    {
        // Three looks in ten: ρ = 3/10 and, after one more, ρ′ = 4/11.
        var (before, after) = (Math.Log(0.3), Math.Log(4 / 11.0));

        Assert.Equal(0.1923718926474561, PseudoCount.PredictionGain(before, after), 12);
        Assert.Equal(3, PseudoCount.Of(before, after), 12);
        Assert.Equal(4.714285714285714, 1 / double.ExpM1(PseudoCount.PredictionGain(before, after)), 12);
        Assert.Equal(0.028819520885211756, PseudoCount.Bonus(3, 0.05), 14);
    }

    [Fact]
    public void Of_ModelThatLearntNothing_LeavesNoBonus() => Assert.Equal(0, PseudoCount.Bonus(PseudoCount.Of(-2, -2), 0.05));

    [Fact]
    public void Add_OneAxisWithoutSmoothing_GivesEmpiricalFrequencies()
    {
        var density = new HistogramDensity(1, 1, 0);
        foreach (var box in (int[])[0, 0, 0, 1, 1, 1, 1, -1, -1, -1])
            density.Add([box]);

        var (before, after) = density.Add([0]);

        Assert.Equal(Math.Log(0.3), before, 14);
        Assert.Equal(Math.Log(4 / 11.0), after, 14);
    }

    [Fact]
    public void Add_BeyondTheLastBox_CountsAsInIt()
    {
        var density = new HistogramDensity(2, 2, 1);
        density.Add([7, -9]);

        var (before, _) = density.Add([2, -2]);

        // (1 + 1)/(1 + 5) along each axis.
        Assert.Equal(2 * Math.Log(2 / 6.0), before, 14);
    }

    [Fact]
    public void PlaceOf_CellsOfAGrid_TellsEveryCellApart()
    {
        var lattice = new StateLattice(4, 0.5);
        float[] seen = [1, 0, 0, 0, 0, 1, 0, 0];
        lattice.Lay(seen);

        // The last two cells were not seen when the lattice was laid.
        var places = Enumerable.Range(0, 4).Select(cell => lattice.PlaceOf(Enumerable.Range(0, 4).Select(index => index == cell ? 1f : 0f).ToArray())).ToList();

        Assert.Equal(4, places.Distinct().Count());
    }

    [Fact]
    public void Box_OfScaledValues_HasTheAskedWidthAndNoEnd()
    {
        var lattice = new StateLattice(1, 0.5);
        lattice.Lay([-1, 1, -1, 1]);

        // Deviation 1, edge 0.5.
        Assert.Equal([0, 0, 1, -2, 2000], ((float[])[0, 0.24f, 0.26f, -1, 1000]).Select(value => lattice.Box([value], 0)));
    }

    [Fact]
    public void Load_WhatWasSaved_ContinuesAlike()
    {
        var (lattice, counts, density) = (new StateLattice(2, 0.5), new VisitCounts(), new HistogramDensity(2, 3, 1));
        var rng = new Rng(1);
        float[] Draw() => [(float)rng.NextGaussian(), (float)rng.NextGaussian()];
        lattice.Lay([.. Draw(), .. Draw(), .. Draw()]);
        for (var visit = 0; visit < 200; visit++)
            if (Draw() is var seen)
            {
                counts.Add(lattice.PlaceOf(seen));
                density.Add([lattice.Box(seen, 0), lattice.Box(seen, 1)]);
            }
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        lattice.Save(writer);
        counts.Save(writer);
        density.Save(writer);

        var (latticeAfter, countsAfter, densityAfter) = (new StateLattice(2, 0.5), new VisitCounts(), new HistogramDensity(2, 3, 1));
        stream.Position = 0;
        using var reader = new BinaryReader(stream);
        latticeAfter.Load(reader);
        countsAfter.Load(reader);
        densityAfter.Load(reader);

        Assert.Equal((counts.Places, counts.Visits), (countsAfter.Places, countsAfter.Visits));
        Assert.Equal(200, counts.Visits);
        for (var visit = 0; visit < 50; visit++)
        {
            var seen = Draw();
            Assert.Equal(counts.Add(lattice.PlaceOf(seen)), countsAfter.Add(latticeAfter.PlaceOf(seen)));
            Assert.Equal(density.Add([lattice.Box(seen, 0), lattice.Box(seen, 1)]), densityAfter.Add([latticeAfter.Box(seen, 0), latticeAfter.Box(seen, 1)]));
        }
    }
}
