using System.Net;
using System.Text.Json.Nodes;

namespace Slideport.Dsr.Tests.DicomWeb;

/// <summary>QIDO-RS: what is found by which key, and what is said of keys that find nothing.</summary>
public sealed class SearchTests(DicomWebSlides slides) : IClassFixture<DicomWebSlides>
{
    private string Study => slides.Stored.Series.Split('/')[1];

    [Fact]
    public async Task Every_slide_is_a_series_of_a_study()
    {
        var studies = await slides.SearchAsync("studies");
        var series = await slides.SearchAsync("series");

        Assert.Equal(3, studies.Count);
        Assert.Equal(3, series.Count);
        Assert.Equal(new[] { slides.Stored.Series, slides.Made.Series, slides.Foreign.Series }.Order(), series.Select(s => $"studies/{Text(s!, "0020000D")}/series/{Text(s!, "0020000E")}").Order());
        Assert.All(series, s => Assert.Equal(("SM", $"{slides.Client.BaseAddress}dicom-web/studies/{Text(s!, "0020000D")}/series/{Text(s!, "0020000E")}"), (Text(s!, "00080060"), Text(s!, "00081190"))));
        Assert.All(studies, s => Assert.Equal("1", DicomWebSlides.Value(s!, "00201206")!.ToString()));
    }

    [Theory]
    [InlineData("studies?AccessionNumber=S26-1234", 2)]
    [InlineData("studies?00080050=S26-1234", 2)]
    [InlineData("studies?AccessionNumber=S26-123", 0)]
    [InlineData("studies?AccessionNumber=S26-1*", 2)]
    [InlineData("studies?AccessionNumber=", 3)]
    [InlineData("studies?AccessionNumber=*", 3)]
    [InlineData("series?ContainerIdentifier=S26-1234;A1;HE", 2)]
    [InlineData("series?ContainerIdentifier=S26-1234%3BA1*", 2)]
    [InlineData("studies?PatientID=nobody", 0)]
    [InlineData("studies?StudyDate=19000101-20991231", 3)]
    [InlineData("studies?StudyDate=-19991231", 0)]
    [InlineData("studies?StudyDate=20000101-", 3)]
    [InlineData("studies?ModalitiesInStudy=SM", 3)]
    [InlineData("studies?ModalitiesInStudy=CT", 0)]
    [InlineData("series?Modality=CT,SM", 3)]
    [InlineData("series?StudyInstanceUID=1.2.3", 0)]
    [InlineData("series?SeriesInstanceUID=2.25.5", 0)]
    [InlineData("studies?limit=2", 2)]
    [InlineData("studies?limit=2&offset=2", 1)]
    [InlineData("studies?offset=3", 0)]
    [InlineData("studies?limit=0", 0)]
    public async Task Slides_are_found_by_their_keys(string question, int found) => Assert.Equal(found, (await slides.SearchAsync(question)).Count);

    [Fact]
    public async Task A_list_of_names_finds_each()
    {
        var uids = new[] { slides.Stored.Series, slides.Foreign.Series }.Select(s => s.Split('/')[1]);

        Assert.Equal(2, (await slides.SearchAsync($"studies?StudyInstanceUID={string.Join(',', uids)}")).Count);
        Assert.Equal(2, (await slides.SearchAsync($"studies?StudyInstanceUID={string.Join("%5C", uids)}")).Count);
        Assert.Single(await slides.SearchAsync($"studies/{Study}/series"));
        Assert.Empty(await slides.SearchAsync($"studies/{Study}/series?StudyInstanceUID=1.2.3"));
    }

    [Fact]
    public async Task Instances_tell_what_they_are_whether_they_lie_there_as_DICOM_or_not()
    {
        var stored = await slides.InstancesAsync(slides.Stored.Series);
        var made = await slides.InstancesAsync(slides.Made.Series);

        Assert.Equal(Directory.GetFiles(slides.Stored.Folder).Length, stored.Count);
        Assert.Equal(["LABEL", "OVERVIEW", "THUMBNAIL", "VOLUME"], made.Select(i => (string)i.Set["00080008"]!["Value"]![2]!).Order());
        Assert.Equal(["THUMBNAIL", "VOLUME", "VOLUME"], (await slides.InstancesAsync(slides.Foreign.Series)).Select(i => (string)i.Set["00080008"]!["Value"]![2]!).Order());
        Assert.Equal((1500, 1100), ((int)DicomWebSlides.Value(made[0].Set, "00480006")!, (int)DicomWebSlides.Value(made[0].Set, "00480007")!));
        Assert.Equal(made.Select(i => i.Uid), (await slides.InstancesAsync(slides.Made.Series)).Select(i => i.Uid));
        Assert.Single(await slides.SearchAsync($"{slides.Made.Series}/instances?SOPInstanceUID={made[1].Uid}"));
        Assert.Equal(2, (await slides.SearchAsync($"{slides.Made.Series}/instances?limit=2&offset=1")).Count);
        Assert.Empty(await slides.SearchAsync($"{slides.Made.Series}/instances?SOPClassUID=1.2.840.10008.5.1.4.1.1.2"));
        Assert.Single(await slides.SearchAsync($"instances?SeriesInstanceUID={slides.Made.Series.Split('/')[3]}&InstanceNumber=1"));
    }

    [Fact]
    public async Task Further_attributes_are_given_on_demand()
    {
        var (uid, usual) = (await slides.InstancesAsync(slides.Made.Series))[0];
        var more = Assert.Single(await slides.SearchAsync($"{slides.Made.Series}/instances?SOPInstanceUID={uid}&includefield=Manufacturer,00181020"))!;
        var all = Assert.Single(await slides.SearchAsync($"{slides.Made.Series}/instances?SOPInstanceUID={uid}&includefield=all"))!;

        Assert.Null(usual["00080070"]);
        Assert.NotNull(more["00080070"]);
        Assert.NotNull(more["00181020"]);
        Assert.Contains($"instances/{uid}/bulkdata/00480105/0/00282000", (string?)all["00480105"]!["Value"]![0]!["00282000"]!["BulkDataURI"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("studies?PatientName=Doe", "Matching by PatientName is not supported")]
    [InlineData("studies?fuzzymatching=true", "Only literal matching")]
    [InlineData("studies?limit=100000", "At most 1000 results")]
    [InlineData("studies?limit=1", "There are additional results")]
    [InlineData("series?RequestAttributesSequence.ScheduledProcedureStepID=1", "is not supported")]
    public async Task What_was_not_followed_is_said(string question, string warning)
    {
        using var answer = await slides.SendAsync(question);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains(answer.Headers.GetValues("Warning"), w => w.StartsWith("299 localhost", StringComparison.Ordinal) && w.Contains(warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_found_has_no_content()
    {
        using var answer = await slides.SendAsync("studies?PatientID=nobody");

        Assert.Equal((HttpStatusCode.NoContent, 0), (answer.StatusCode, (await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length));
    }

    [Theory]
    [InlineData("studies?limit=-1", 400)]
    [InlineData("studies?limit=x", 400)]
    [InlineData("studies?offset=99999999999", 400)]
    [InlineData("studies?StudyDate=yesterday", 400)]
    [InlineData("studies?StudyDate=20260101-20260102-20260103", 400)]
    [InlineData("studies?StudyDate=-", 400)]
    [InlineData("studies?StudyDate=99991231", 400)]
    [InlineData("studies?StudyInstanceUID=../../etc/passwd", 400)]
    [InlineData("studies?PatientID=a*b", 400)]
    [InlineData("studies?PatientID=%3F", 400)]
    [InlineData("studies?NoSuchKeyword=1", 400)]
    [InlineData("studies?includefield=NoSuchKeyword", 400)]
    [InlineData("studies?fuzzymatching=maybe", 400)]
    [InlineData("studies?PatientID=%00", 422)]
    [InlineData("instances", 413)]
    public async Task What_cannot_be_looked_for_is_refused_in_a_sentence(string question, int status)
    {
        using var answer = await slides.SendAsync(question);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.EndsWith(".", (string)JsonNode.Parse(text)!["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Long_lists_and_long_values_are_refused()
    {
        Assert.Equal(400, await StatusAsync($"studies?StudyInstanceUID={string.Join(',', Enumerable.Repeat("1.2", 101))}"));
        Assert.Equal(400, await StatusAsync($"studies?PatientID={new string('x', 2000)}"));
        Assert.Equal(400, await StatusAsync($"studies?includefield={string.Join(',', Enumerable.Range(0, 90).Select(i => $"0009{i:X4}"))}&includefield={string.Join(',', Enumerable.Range(100, 90).Select(i => $"0009{i:X4}"))}&includefield={string.Join(',', Enumerable.Range(200, 90).Select(i => $"0009{i:X4}"))}"));
    }

    private async Task<int> StatusAsync(string path)
    {
        using var answer = await slides.SendAsync(path);
        return (int)answer.StatusCode;
    }

    private static string? Text(JsonNode set, string tag) => (string?)DicomWebSlides.Value(set, tag);
}
