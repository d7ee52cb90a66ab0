namespace Slideport.Dicom.DataSets;

/// <summary>
/// Asked for every element, sequence and value in fragments while a data set is loaded, at any depth. A handler that takes one itself (as
/// one
/// does with the functional groups of 100 000 frames, or with Pixel Data) reads as far as it likes, but not beyond its end, and answers
/// true;
/// what it left is skipped and the data set does not contain it.
/// </summary>
/// <param name="reader">Stands at <see cref="DicomToken.Element"/>, <see cref="DicomToken.SequenceStart"/> or <see
/// cref="DicomToken.PixelDataStart"/>.</param>
/// <returns>Whether the handler has dealt with it.</returns>
public delegate bool DicomElementHandler(DicomReader reader);
