using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;

namespace IntrinsicLab.Tests.Core.Experiments;

public class FigureSheetTests
{
    [Fact]
    public void ToJson_EveryKind_HasItsMembers_AndGapsForWhatIsNotFinite()
    {
        var sheet = new FigureSheet(512,
        [
            new LineFigure("path", "Path", "A line.", new("steps"), new("return") { Logarithmic = true }, [new("one", [0, 1], [2, double.NaN]) { Low = [1, 1], High = [3, 3] }]),
            new BarFigure("bars", "Bars", "Bars.", ["left", "right"], [new("share", [0.25, 0.75]) { Deviations = [0.1, double.PositiveInfinity] }]),
            new HeatFigure("map", "Map", "A map.", new("x"), new("y"), [0, 1, 2], [0, 1], [1, 2, 3, 4, 5, 6], "value") { Map = true, Overlay = [new("start", [0], [1]) { Points = true }] },
        ]);

        var json = JsonNode.Parse(sheet.ToJson())!;

        Assert.Equal("figures/0000000000512.json", sheet.Name);
        Assert.Equal(512, (long)json["step"]!);
        Assert.Equal(["lines", "bars", "heat"], json["figures"]!.AsArray().Select(figure => (string)figure!["kind"]!));
        Assert.Equal("[2,null]", json["figures"]![0]!["series"]![0]!["y"]!.ToJsonString());
        Assert.Equal("[3,3]", json["figures"]![0]!["series"]![0]!["high"]!.ToJsonString());
        Assert.True((bool)json["figures"]![0]!["y"]!["logarithmic"]!);
        Assert.Equal("[0.1,null]", json["figures"]![1]!["panels"]![0]!["deviations"]!.ToJsonString());
        Assert.Equal("[1,2,3,4,5,6]", json["figures"]![2]!["values"]!.ToJsonString());
        Assert.True((bool)json["figures"]![2]!["overlay"]![0]!["points"]!);
    }

    [Fact]
    public void ToJson_AHeatMapWhoseValuesDoNotFit_IsRefused()
    {
        var figure = new HeatFigure("map", "Map", "A map.", new("x"), new("y"), [0, 1], [0, 1], [1, 2, 3], "value");

        Assert.Throws<InvalidOperationException>(() => new FigureSheet(1, [figure]).ToJson());
    }

    [Fact]
    public void ToJson_PlanesSeenFromAbove_HaveWaysPlacesWallsAndPictures()
    {
        var sheet = new FigureSheet(1,
        [
            new PathFigure("ways", "Ways", "Ways.", new("x"), new("y"), [new("one", [0, 1], [0, 0.5]) { Colour = 3 }, new("goal", [1], [1]) { Dashed = true }])
            {
                Places = [new("wanted", [0.5], [0.25]) { Rings = true, Colour = 1 }], Walls = [new(-1, 0, 0, 0)], Bounds = (-1, -1, 1, 1),
            },
            new PictureFigure("pictures", "Pictures", "Pictures.", 1, 2, ["wanted", "reached"], [new("Goal 1", [[0, 1], [0.5, 0.5]])], "brightness"),
            new HeatFigure("kinds", "Kinds", "Kinds.", new("x") { Names = ["red", "blue"] }, new("y"), [0, 1], [0], [1, 2], "skill")
            {
                Kinds = true, Strengths = [0.5, 1], Walls = [new(0, 0, 0, 1)],
            },
        ]);

        var figures = JsonNode.Parse(sheet.ToJson())!["figures"]!;

        Assert.Equal("[-1,-1,1,1]", figures[0]!["bounds"]!.ToJsonString());
        Assert.Equal("[[-1,0,0,0]]", figures[0]!["walls"]!.ToJsonString());
        Assert.Equal("""[{"name":"one","colour":3,"x":[0,1],"y":[0,0.5]},{"name":"goal","colour":0,"dashed":true,"x":[1],"y":[1]}]""", figures[0]!["paths"]!.ToJsonString());
        Assert.Equal("""[{"name":"wanted","colour":1,"rings":true,"x":[0.5],"y":[0.25]}]""", figures[0]!["places"]!.ToJsonString());
        Assert.Equal("[[0,1],[0.5,0.5]]", figures[1]!["rows"]![0]!["pictures"]!.ToJsonString());
        Assert.Equal("""["red","blue"]""", figures[2]!["x"]!["names"]!.ToJsonString());
        Assert.Equal("[0.5,1]", figures[2]!["strengths"]!.ToJsonString());
    }

    [Fact]
    public void ToJson_PicturesThatDoNotFit_AreRefused()
    {
        var figure = new PictureFigure("pictures", "Pictures", "Pictures.", 2, 2, ["wanted"], [new("Goal 1", [[0, 1, 1]])], "brightness");

        Assert.Throws<InvalidOperationException>(() => new FigureSheet(1, [figure]).ToJson());
    }

    [Fact]
    public void Figures_OfARollout_SayWhatWasDoneAndExpected()
    {
        using var trainer = new Trainer(AlgorithmContractTests.Plan("ppo", "mountain-car"));
        trainer.Update();

        var figures = JsonDocument.Parse(trainer.Figures()!.ToJson()).RootElement.GetProperty("figures");

        Assert.Equal(["actions", "values", "value-map"], figures.EnumerateArray().Select(figure => figure.GetProperty("id").GetString()));
        Assert.Equal(["Push left", "Coast", "Push right"], figures[0].GetProperty("categories").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(1, figures[0].GetProperty("panels")[0].GetProperty("values").EnumerateArray().Sum(share => share.GetDouble()), 5);
        var map = figures[2];
        Assert.Equal(41 * 41, map.GetProperty("values").GetArrayLength());
        Assert.Equal(-1.2 + 1.8 / 82, map.GetProperty("columns")[0].GetDouble(), 5);
    }
}
