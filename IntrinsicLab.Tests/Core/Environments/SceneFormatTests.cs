using System.Text;
using System.Text.Json;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Tests.Core.Environments;

public class SceneFormatTests
{
    [Fact]
    public void Write_Shapes_LeavesOutWhatIsDefault()
    {
        var scene = new Scene(4, 2.5, [new Shape("circle", [1.00004, 2, 0.1, -0.00001], "agent"), new Shape("text", [1, 1], "goal", 0.5) { Label = "A", Opacity = 0.25 }])
        { Caption = "Oxygen 20" };

        Assert.Equal(
            """{"width":4,"height":2.5,"shapes":[{"kind":"circle","tone":"agent","points":[1,2,0.1,0]},"""
            + """{"kind":"text","tone":"goal","points":[1,1],"thickness":0.5,"opacity":0.25,"label":"A"}],"caption":"Oxygen 20"}""",
            Text(scene));
    }

    [Fact]
    public void Write_SolidsOfTheSceneBefore_WritesPosesAlone()
    {
        var first = new Scene(1, 1, []) { Solids = [new Solid("sphere", [0.25], [1, 2, 3], [1, 0, 0, 0], "agent")] };
        var second = first with { Solids = [first.Solids[0] with { Position = [1.5, 2, 3] }] };

        Assert.Equal("""{"width":1,"height":1,"solids":[{"kind":"sphere","tone":"agent","size":[0.25]}],"poses":[1,2,3,1,0,0,0]}""", Text(first));
        Assert.Equal("""{"poses":[1.5,2,3,1,0,0,0]}""", Text(second, first));
    }

    [Fact]
    public void Write_NumbersWithoutPlaceInJson_WritesZero() =>
        Assert.Contains("\"points\":[0,0,0,0]", Text(new Scene(1, 1, [new Shape("line", [double.NaN, double.PositiveInfinity, 1e300, -1e12], "agent")])));

    [Fact]
    public void Write_Image_IsBase64() =>
        Assert.Contains("""{"columns":1,"rows":1,"rgb":"AQID"}""", Text(new Scene(1, 1, []) { Image = new Bitmap(1, 1, [1, 2, 3]) }));

    private static string Text(Scene scene, Scene? previous = null)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            SceneFormat.Write(writer, scene, previous);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
