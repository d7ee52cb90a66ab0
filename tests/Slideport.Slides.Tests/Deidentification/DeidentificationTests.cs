using System.Text;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Slides.Conversion;
using Slideport.Slides.Deidentification;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Tests.DicomWsi;

namespace Slideport.Slides.Tests.Deidentification;

/// <summary>What goes in is searched for in what comes out: byte by byte, in every file.</summary>
public sealed class DeidentificationTests : IDisposable
{
    private static readonly DeidentificationKey Key = DeidentificationKey.Of(Encoding.ASCII.GetBytes(new string('k', 48)));

    // All that tells whose slide it is, or when it was scanned.
    private static readonly string[] Identifiers = ["MUSTER", "P-4711", "ACC0815", "S26-0815", "GLASS-7", "SS12345", "20260301", "03/01/2026", "Rack 2", "Secret words", "DR^NO"];

    private readonly TestFolder _folder = new();
    private readonly List<WsiInstance> _instances = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _instances.ForEach(i => i.Dispose());
        _folder.Dispose();
    }

    [Theory]
    [InlineData(DicomLayout.Sparse)]
    [InlineData(DicomLayout.ThreeD)]
    [InlineData(DicomLayout.Full)]
    public async Task Nothing_that_tells_whose_it_is_is_in_the_DICOM_copies_and_every_tile_is(DicomLayout layout)
    {
        var slide = RealSlide(layout);
        var deidentifier = Deidentifier.For(slide, Key);
        foreach (var result in (DicomToDicomResult[])
            [
                DicomToDeidentified.Convert(slide, NewFolder("as-received"), deidentifier, Cancel),
                DicomToTiledFull.Convert(slide, NewFolder("full"), deidentifier, Cancel),
            ])
        {
            Assert.Null(result.Refusal);
            AssertClean(slide, result.Files);
            await WsiWriterChecks.AssertConformantAsync(result.Files);
            using var output = SlideSource.Open(Path.GetDirectoryName(result.Files[0])!);
            Assert.Null(Fidelity.Compare(Slide.Of(slide), output.Single(), Cancel).Difference);
            Assert.Equal([AssociatedImageKind.Thumbnail], output.Single().AssociatedImages.Select(i => i.Kind));
            var set = new WrittenInstance(result.Files[0]).Set;
            Assert.Equal("YES", set.GetString(Tags.PatientIdentityRemoved));
            Assert.Equal(["113100", "113101", "113107"], set.GetSequence(Tags.DeidentificationMethodCodeSequence).Select(c => c.GetString(Tags.CodeValue)));
            Assert.Equal("MODIFIED", set.GetString(Tags.LongitudinalTemporalInformationModified));
        }
    }

    [Fact]
    public void Nothing_that_tells_whose_it_is_is_in_the_SVS_and_every_tile_is()
    {
        var slide = RealSlide(DicomLayout.Sparse);

        var result = DicomToSvs.Convert(slide, _folder["slide.svs"], new SvsOptions { Deidentifier = Deidentifier.For(slide, Key) }, Cancel);

        Assert.Null(result.Refusal);
        AssertClean(slide, [_folder["slide.svs"]]);
        using var output = Slide.OpenSvs(_folder["slide.svs"]);
        Assert.Null(Fidelity.Compare(Slide.Of(slide), output, Cancel).Difference);
        Assert.Equal([AssociatedImageKind.Thumbnail], output.AssociatedImages.Select(i => i.Kind));
        Assert.Equal(Key.Pseudonym("slide", "S26-0815"), output.Metadata.Barcode);
        Assert.NotNull(output.Metadata.ScanTime);
    }

    [Fact]
    public void No_attribute_of_the_dictionary_carries_words_through_but_those_that_are_known_for_harmless()
    {
        const string Marker = "MARKER";
        var set = new DicomDataSet().Set(Tags.SpecificCharacterSet, "ISO_IR 192");
        foreach (var entry in DicomDictionary.Entries.Where(e => e.Tag.Group > 2 && CanHoldWords(e.Vr)))
            set.Set(entry.Tag, entry.Vr, Marker);
        foreach (var entry in DicomDictionary.Entries.Where(e => e.Tag.Group > 2 && e.Vr == Vr.SQ))
            set.Set(entry.Tag, new DicomDataSet().Set(Tags.OperatorsName, Marker).Set(new DicomTag(0x0011, 0x1001), Vr.LO, Marker));
        set.Set(new DicomTag(0x0009, 0x1001), Vr.LO, Marker).Set(new DicomTag(0x0009, 0x1002), Vr.UN, Encoding.ASCII.GetBytes(Marker));

        var clean = DeidentifierOf(new TestInstance(32, 16)).Clean(set);

        DicomTag[] harmless =
        [
            Tags.Manufacturer, Tags.ManufacturerModelName, Tags.SoftwareVersions, Tags.CodeValue, Tags.CodingSchemeDesignator, Tags.CodingSchemeVersion, Tags.CodeMeaning,
            Tags.LongCodeValue, Tags.OpticalPathIdentifier,
        ];
        Assert.Equal(harmless.Order(), clean.Elements.Where(e => clean.GetString(e.Tag) == Marker).Select(e => e.Tag));
        foreach (var tag in harmless) clean.Remove(tag);
        Assert.DoesNotContain(Marker, Encoding.Latin1.GetString(clean.ToBytes(TransferSyntax.ExplicitVrLittleEndian)), StringComparison.Ordinal);
    }

    [Fact]
    public void Slides_of_a_patient_stay_together_and_those_of_others_apart()
    {
        DicomDataSet Clean(string patient, string date, DeidentificationKey? key = null)
        {
            var instance = new TestInstance(32, 16).With(Tags.PatientID, patient).With(Tags.StudyDate, date);
            return DeidentifierOf(instance, key).Clean(instance.Set);
        }

        var (first, second, other) = (Clean("P1", "20260301"), Clean("P1", "20260311"), Clean("P2", "20260301"));

        Assert.Equal(first.GetString(Tags.PatientID), second.GetString(Tags.PatientID));
        Assert.NotEqual(first.GetString(Tags.PatientID), other.GetString(Tags.PatientID));
        Assert.Equal(TimeSpan.FromDays(10), Date(second) - Date(first));
        Assert.NotEqual(first.GetString(Tags.PatientID), Clean("P1", "20260301", DeidentificationKey.Of(new byte[32])).GetString(Tags.PatientID));
        static DateTime Date(DicomDataSet set) => DateTime.ParseExact(set.GetString(Tags.StudyDate)!, "yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_stain_that_is_a_code_stays_and_words_beside_it_go()
    {
        DicomDataSet Item(string type) => new DicomDataSet().Set(Tags.ValueType, type)
            .Set(Tags.ConceptNameCodeSequence, new DicomDataSet().Set(Tags.CodeValue, "424361007").Set(Tags.CodingSchemeDesignator, "SCT").Set(Tags.CodeMeaning, "Using substance"));
        var instance = new TestInstance(32, 16);
        instance.Set.Set(Tags.SpecimenDescriptionSequence, new DicomDataSet().Set(Tags.SpecimenIdentifier, "GLASS-7").Set(Tags.SpecimenPreparationSequence, new DicomDataSet().Set(
            Tags.SpecimenPreparationStepContentItemSequence,
            Item("CODE").Set(Tags.ConceptCodeSequence, new DicomDataSet().Set(Tags.CodeValue, "12710003").Set(Tags.CodingSchemeDesignator, "SCT").Set(Tags.CodeMeaning, "hematoxylin stain")),
            Item("TEXT").Set(Tags.TextValue, "Secret words"))));

        var specimen = DeidentifierOf(instance).Clean(instance.Set).GetItem(Tags.SpecimenDescriptionSequence)!;

        var item = Assert.Single(specimen.GetItem(Tags.SpecimenPreparationSequence)!.GetSequence(Tags.SpecimenPreparationStepContentItemSequence));
        Assert.Equal("hematoxylin stain", item.GetItem(Tags.ConceptCodeSequence)!.GetString(Tags.CodeMeaning));
        Assert.Equal(Key.Pseudonym("slide", "GLASS-7"), specimen.GetString(Tags.SpecimenIdentifier));
    }

    [Theory]
    [InlineData("SpecimenLabelInImage", "YES")]
    [InlineData("SpecimenLabelInImage", "UNKNOWN")]
    [InlineData("SpecimenLabelInImage", null)]
    [InlineData("BurnedInAnnotation", "YES")]
    public void Pixels_that_may_show_the_label_are_refused_in_every_format(string attribute, string? value)
    {
        var instance = new TestInstance(32, 16).With(Tags.SpecimenLabelInImage, "NO");
        instance = value is null ? instance.Without(Tags.SpecimenLabelInImage) : instance.With(DicomDictionary.FindKeyword(attribute)!.Value.Tag, value);
        var slide = Group(instance);
        var deidentifier = Deidentifier.For(slide, Key);

        Assert.Equal(attribute, DicomToDeidentified.Convert(slide, NewFolder("a"), deidentifier, Cancel).Refusal?.Attribute);
        Assert.Equal(attribute, DicomToTiledFull.Convert(slide, NewFolder("b"), deidentifier, Cancel).Refusal?.Attribute);
        Assert.Equal(attribute, DicomToSvs.Convert(slide, _folder["c.svs"], new SvsOptions { Deidentifier = deidentifier }, Cancel).Refusal?.Attribute);
    }

    [Theory]
    [InlineData("YES", false)]
    [InlineData(null, false)]
    [InlineData("NO", true)]
    public void A_thumbnail_that_may_show_the_label_is_left_out(string? label, bool isThere)
    {
        var (volume, thumbnail) = (new TestInstance(64, 32).With(Tags.SpecimenLabelInImage, "NO"), new TestInstance(16, 8, 16, "THUMBNAIL"));
        if (label is not null) thumbnail.With(Tags.SpecimenLabelInImage, label);
        _instances.AddRange([volume.Open(_folder), thumbnail.Open(_folder)]);
        var slide = Assert.Single(WsiSlide.Group(_instances));
        var deidentifier = Deidentifier.For(slide, Key);

        var copied = DicomToDeidentified.Convert(slide, NewFolder("copied"), deidentifier, Cancel);
        var svs = DicomToSvs.Convert(slide, _folder["slide.svs"], new SvsOptions { Deidentifier = deidentifier }, Cancel);

        Assert.Null(copied.Refusal);
        Assert.Equal(isThere ? 2 : 1, copied.Files.Count);
        Assert.Null(svs.Refusal);
        Assert.Equal(!isThere, svs.Report!.Warnings.Any(w => w.Contains("one was made from", StringComparison.Ordinal))); // an SVS needs one
    }

    [Fact]
    public async Task What_a_scanner_has_written_into_frames_and_colour_profile_is_blanked_and_pixels_and_colours_are_the_same()
    {
        var instance = new TestInstance(64, 32).With(Tags.SpecimenLabelInImage, "NO");
        instance.Frames = [.. instance.Frames.Select((frame, i) => WithWords(frame, i))];
        instance.Set.Set(Tags.OpticalPathSequence, new DicomDataSet().Set(Tags.OpticalPathIdentifier, "1").Set(Tags.ICCProfile, ProfileWordsTests.Profile("SS12345, Secret words")));
        var slide = Group(instance);
        var deidentifier = Deidentifier.For(slide, Key);

        var copied = DicomToDeidentified.Convert(slide, NewFolder("as-received"), deidentifier, Cancel);
        var full = DicomToTiledFull.Convert(slide, NewFolder("full"), deidentifier, Cancel);
        var svs = DicomToSvs.Convert(slide, _folder["slide.svs"], new SvsOptions { Deidentifier = deidentifier }, Cancel);

        Assert.All((Refusal?[])[copied.Refusal, full.Refusal, svs.Refusal], Assert.Null);
        foreach (var file in (string[])[.. copied.Files, .. full.Files, _folder["slide.svs"]])
        {
            var bytes = await File.ReadAllBytesAsync(file, Cancel);
            foreach (var words in (string[])["Secret words", "SS12345", "MUSTER"])
                Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(words)) < 0, $"{words} is in {file}");
            var report = Fidelity.Compare(slide.Instances[0].Path, file, Cancel);
            Assert.Null(report.Difference);
            Assert.Contains(report.Changes, c => c.What.Contains("words", StringComparison.Ordinal) && c.Tiles == 8);
            using var output = SlideSource.Open(file);
            Assert.NotNull(output.Single().IccProfile);
        }
    }

    [Fact]
    public void A_colour_profile_that_is_none_and_frames_that_cannot_be_searched_are_refused()
    {
        var instance = new TestInstance(32, 16).With(Tags.SpecimenLabelInImage, "NO");
        instance.Set.Set(Tags.OpticalPathSequence, new DicomDataSet().Set(Tags.OpticalPathIdentifier, "1").Set(Tags.ICCProfile, Encoding.ASCII.GetBytes(new string('S', 200))));
        var other = new TestInstance(32, 16).With(Tags.SpecimenLabelInImage, "NO");
        other.Frames[1] = Encoding.ASCII.GetBytes("Secret words");

        foreach (var (slide, attribute) in (ReadOnlySpan<(DicomSlide, string)>)[(Group(instance), "ICCProfile"), (Group(other), "PixelData")])
        {
            var deidentifier = Deidentifier.For(slide, Key);
            Assert.Equal(attribute, DicomToDeidentified.Convert(slide, NewFolder($"a-{attribute}"), deidentifier, Cancel).Refusal?.Attribute);
            Assert.Equal(attribute, DicomToTiledFull.Convert(slide, NewFolder($"b-{attribute}"), deidentifier, Cancel).Refusal?.Attribute);
            Assert.Equal(attribute, DicomToSvs.Convert(slide, _folder[$"c-{attribute}.svs"], new SvsOptions { Deidentifier = deidentifier }, Cancel).Refusal?.Attribute);
        }
    }

    // A comment, an application's segment, and bytes behind the end of the picture.
    private static byte[] WithWords(byte[] frame, int number)
    {
        byte[] text = [.. Encoding.ASCII.GetBytes(FormattableString.Invariant($"Secret words {number} MUSTER^MIA"))];
        byte[] Segment(byte marker) => [0xFF, marker, 0, (byte)(text.Length + 2), .. text];
        return [.. frame[..2], .. Segment(0xFE), .. frame[2..20], .. Segment(0xE1), .. Segment(0xEF), .. frame[20..], .. text];
    }

    [Theory]
    [InlineData(31)]
    [InlineData(4097)]
    public void A_key_that_is_too_short_or_too_long_is_not_taken(int bytes) =>
        Assert.Throws<ArgumentException>(() => DeidentificationKey.Read(_folder.Write("key", Encoding.ASCII.GetBytes(new string('k', bytes)))));

    [Fact]
    public void White_space_around_a_key_does_not_count()
    {
        var (one, other) = (_folder.Write("one", Encoding.ASCII.GetBytes(new string('k', 48))), _folder.Write("other", Encoding.ASCII.GetBytes(new string('k', 48) + "\r\n")));

        Assert.Equal(DeidentificationKey.Read(one).Pseudonym("patient", "P1"), DeidentificationKey.Read(other).Pseudonym("patient", "P1"));
    }

    // CS, DS and the like are not words: what they may hold is defined.
    private static bool CanHoldWords(Vr vr) => vr == Vr.LO || vr == Vr.SH || vr == Vr.PN || vr == Vr.ST || vr == Vr.LT || vr == Vr.UT || vr == Vr.UC || vr == Vr.AE;

    private void AssertClean(DicomSlide slide, IReadOnlyList<string> files)
    {
        string[] uids = [.. slide.Instances.SelectMany(i => (string[])[i.SopInstanceUid, i.StudyInstanceUid, i.SeriesInstanceUid, i.FrameOfReferenceUid, i.PyramidUid]).Where(u => u.Length > 0)];
        var label = new WrittenInstance(slide.Label!.Path).Frames[0];
        foreach (var file in files)
        {
            var bytes = File.ReadAllBytes(file);
            Assert.True(bytes.AsSpan().IndexOf(label.Span.Slice(label.Length / 2, 256)) < 0, "A part of the label's picture is there.");
            foreach (var identifier in Identifiers.Concat(uids).Append(new string('k', 48)))
                Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(identifier)) < 0, $"{identifier} is in {Path.GetFileName(file)}");
            foreach (var identifier in Identifiers.Concat(uids))
                Assert.DoesNotContain(identifier, file[_folder[""].Length..], StringComparison.Ordinal);
        }
    }

    /// <summary>A real slide with identifiers wherever a device or a laboratory puts them.</summary>
    private DicomSlide RealSlide(DicomLayout layout)
    {
        var files = SvsToDicom.Convert(
            RealSlides.Path("CMU-1-Small-Region.svs"), NewFolder("source"),
            new SvsToDicomOptions
            {
                Layout = layout,
                Writer = new WsiWriterOptions { Flush = false },
                Describe = series => series with
                {
                    PatientName = "MUSTER^MIA",
                    PatientId = "P-4711",
                    AccessionNumber = "ACC0815",
                    Barcode = "S26-0815",
                    LabelText = "Secret words",
                    ContainerIdentifier = "GLASS-7",
                    SerialNumber = "SS12345",
                    Description = "Rack 2 Slot 7",
                    AcquisitionTime = new DateTime(2026, 3, 1, 11, 30, 0, DateTimeKind.Unspecified),
                    TimeZone = TimeSpan.FromHours(1),
                },
            },
            Cancel).Files;
        _instances.AddRange(files.Select(WsiInstance.Open));
        foreach (var instance in _instances)
        {
            instance.File.DataSet.Set(Tags.OperatorsName, "DR^NO").Set(Tags.ImageComments, "Secret words").Set(new DicomTag(0x0009, 0x0010), Vr.LO, "Secret words");
            instance.File.DataSet.GetItem(Tags.SpecimenDescriptionSequence)!.Set(Tags.SpecimenShortDescription, "Secret words");
        }

        return Assert.Single(WsiSlide.Group(_instances));
    }

    private Deidentifier DeidentifierOf(TestInstance instance, DeidentificationKey? key = null) => Deidentifier.For(Group(instance), key ?? Key);

    private DicomSlide Group(TestInstance made)
    {
        var instance = made.Open(_folder);
        _instances.Add(instance);
        return WsiSlide.Group([instance])[0];
    }

    private string NewFolder(string name) => Directory.CreateDirectory(_folder[name]).FullName;
}
