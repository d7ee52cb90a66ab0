namespace Slideport.Dicom.DataSets;

/// <summary>
/// Asked for every element, at any depth, while a data set is copied. One that puts something else in the element's place sets it in the copy
/// and answers false.
/// </summary>
/// <param name="source">The data set, or item, being copied.</param>
/// <param name="element">One of its elements.</param>
/// <param name="copy">What becomes of it; holds the elements chosen so far.</param>
/// <returns>Whether the element is copied; of a sequence the items are then walked as well.</returns>
public delegate bool DicomElementChooser(DicomDataSet source, DicomElement element, DicomDataSet copy);
