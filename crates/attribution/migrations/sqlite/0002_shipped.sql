-- Which snapshots came with the product: a corrected one of the same day replaces those, and never a list of the user's.
ALTER TABLE snapshot ADD COLUMN shipped SMALLINT NOT NULL DEFAULT 0;
-- Every snapshot that had been shipped before the column was there.
UPDATE snapshot SET shipped = 1 WHERE sha256 IN (
    'ba08830fd2e13909471de8e8bdb295ba311089d9f71695921ed465ce4375c557',
    '6b6af03433ab8434587af180c1a3bbde3861339b17477a2dbf789a28df80217c',
    '8b8549dd37dc253bf9a1d9b731baf74c3cae97ebb63ac78a58cb1ae262fa885b',
    'aee06d563f8a7705c4c853d50f77e45551a9932d632a9a058733f42948f2d9c0',
    '20d9fd456611b32508174abaa6f23264d5620ffe68f58ade5f4089bc52402145',
    '181303bbb370c45b8790bc18f8d0ada8b0aab6f1d63782950e684d5d0a6ac39a',
    'fb251b7befc7eb8bb08a44000c939595050b4c16c1ae39161b5254b09ffaf164',
    'a763a3f50c08f387a3eab82f0e16740fde85b2379d9d4fc0488fef72d410c5d1'
);
