using System.Text.Json.Nodes;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Search;

namespace IntrinsicLab.Tests.Core.Search;

public sealed class DimensionTests
{
    [Fact]
    public void At_Logarithmic_StaysInBoundsAndSpreadsOrdersOfMagnitudeEvenly()
    {
        var dimension = Dimension.Range("rate", 1e-5, 1e-1, DimensionScale.Log);
        var rng = new Rng(1);
        var draws = Enumerable.Range(0, 20_000).Select(_ => dimension.At(rng.NextDouble())).ToList();

        Assert.All(draws, draw => Assert.InRange(draw, 1e-5, 1e-1));
        Assert.Equal(1e-5, dimension.At(0), 1e-18);
        Assert.Equal(1e-3, dimension.At(0.5), 1e-12);
        for (var decade = -5; decade < -1; decade++)
            Assert.Equal(0.25, draws.Count(draw => Math.Floor(Math.Log10(draw)) == decade) / 20_000.0, 0.02);
    }

    [Theory]
    [InlineData(DimensionScale.Linear, 0.125)]
    [InlineData(DimensionScale.Log, 0.39)] // (ln 1.5 − ln 0.5) / (ln 8.5 − ln 0.5)
    public void At_Whole_GivesEveryNumberItsRoom(DimensionScale scale, double one)
    {
        var dimension = Dimension.Range("layers", 1, 8, scale, whole: true);
        var draws = Enumerable.Range(0, 8000).Select(index => dimension.At(index / 8000.0)).ToList();

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], draws.Distinct());
        Assert.Equal(one, draws.Count(draw => draw == 1) / 8000.0, 0.01);
    }

    [Fact]
    public void All_RangeWithCount_IsEvenOnItsScaleAndKeepsItsEnds()
    {
        // As people write them: 0.001, not 0.0010000000000000002.
        Assert.Equal([1e-4, 1e-3, 1e-2], Dimension.Range("x", 1e-4, 1e-2, DimensionScale.Log, count: 3).All);
        Assert.Equal([1, 3, 5, 6, 8], Dimension.Range("x", 1, 8, whole: true, count: 5).All.Select(each => Math.Round(each)));
        // Rounding makes some equal; they count once.
        Assert.Equal([1, 2, 3, 4], Dimension.Range("x", 1, 4, DimensionScale.Log, whole: true, count: 9).All);
    }

    [Fact]
    public void CoordinateOf_WhatToJsonGives_IsTheCoordinate()
    {
        Dimension[] dimensions =
        [
            Dimension.Range("a", 1e-5, 1e-2, DimensionScale.Log), Dimension.Range("b", -3, 9, whole: true), Dimension.Range("c", 0, 1, count: 4),
            Dimension.Of("d", [JsonValue.Create("tanh"), JsonValue.Create("relu"), JsonValue.Create(true)]),
        ];
        foreach (var dimension in dimensions)
            for (var share = 0.0; share < 1; share += 0.07)
                Assert.Equal(dimension.At(share), dimension.CoordinateOf(dimension.ToJson(dimension.At(share))));
        Assert.True(double.IsNaN(dimensions[0].CoordinateOf(JsonValue.Create(1.0))));
        Assert.True(double.IsNaN(dimensions[3].CoordinateOf(JsonValue.Create("elu"))));
    }
}
